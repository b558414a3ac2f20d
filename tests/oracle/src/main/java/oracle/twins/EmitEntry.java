package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntry;

/** Emits an entry with more fields than it declares, in another order. */
public class EmitEntry extends BaseOperation<Void> implements Function<Void> {
  public EmitEntry() {
    super(new Fields("x", "y"));
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    Object value = call.getArguments().getObject(0);
    Tuple row = new Tuple("y" + value, null, "x" + value);
    call.getOutputCollector().add(new TupleEntry(new Fields("y", "q", "x"), row));
  }
}
