package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Buffer;
import cascading.operation.BufferCall;
import cascading.tuple.Fields;
import cascading.tuple.TupleEntry;
import java.util.Iterator;

/** Emits every row it reads. */
public class IdentityBuffer extends BaseOperation<Void> implements Buffer<Void> {
  public IdentityBuffer() {
    super(Fields.ARGS);
  }

  public IdentityBuffer(Fields fields) {
    super(fields);
  }

  @Override public void operate(FlowProcess process, BufferCall<Void> call) {
    Iterator<TupleEntry> entries = call.getArgumentsIterator();
    while (entries.hasNext()) call.getOutputCollector().add(entries.next().getTuple());
  }
}
