package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Buffer;
import cascading.operation.BufferCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntry;
import java.util.Iterator;

/** Emits a header before the rows of a group, each row, and a footer after them. */
public class FrameBuffer extends BaseOperation<Void> implements Buffer<Void> {
  private final boolean retain;
  private final boolean rows;

  public FrameBuffer() {
    this(new Fields("what"), false, true);
  }

  public FrameBuffer(Fields field, boolean retain, boolean rows) {
    super(field);
    this.retain = retain;
    this.rows = rows;
  }

  @Override public void operate(FlowProcess process, BufferCall<Void> call) {
    call.setRetainValues(retain);
    call.getOutputCollector().add(new Tuple("header"));
    Iterator<TupleEntry> entries = call.getArgumentsIterator();
    while (entries.hasNext()) {
      String text = entries.next().getString(0);
      if (rows) call.getOutputCollector().add(new Tuple("row " + text));
    }
    call.getOutputCollector().add(new Tuple("footer"));
  }
}
