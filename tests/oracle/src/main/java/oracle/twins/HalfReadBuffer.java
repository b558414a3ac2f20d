package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Buffer;
import cascading.operation.BufferCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntry;
import java.util.Iterator;

/** Reads so many rows of each group at most, and emits how many it read. */
public class HalfReadBuffer extends BaseOperation<Void> implements Buffer<Void> {
  private final int most;

  public HalfReadBuffer(Fields field, int most) {
    super(field);
    this.most = most;
  }

  @Override public void operate(FlowProcess process, BufferCall<Void> call) {
    long read = 0;
    Iterator<TupleEntry> entries = call.getArgumentsIterator();
    while (read < most && entries.hasNext()) {
      entries.next();
      read++;
    }
    call.getOutputCollector().add(new Tuple(read));
  }
}
