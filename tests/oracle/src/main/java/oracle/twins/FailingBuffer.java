package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Buffer;
import cascading.operation.BufferCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntry;
import java.util.Iterator;

/** Emits each value until it meets a bad one, on which it fails. */
public class FailingBuffer extends BaseOperation<Void> implements Buffer<Void> {
  private final Object bad;

  public FailingBuffer(Fields field, Object bad) {
    super(field);
    this.bad = bad;
  }

  @Override public void operate(FlowProcess process, BufferCall<Void> call) {
    Iterator<TupleEntry> entries = call.getArgumentsIterator();
    while (entries.hasNext()) {
      Object value = entries.next().getObject(0);
      if (bad.equals(value)) throw new IllegalArgumentException("buffer fails");
      call.getOutputCollector().add(new Tuple(value));
    }
  }
}
