package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Tries to change its arguments. */
public class Modifies extends BaseOperation<Void> implements Function<Void> {
  public Modifies() {
    super(new Fields("x"));
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    call.getArguments().setObject(0, 9L);
    call.getOutputCollector().add(new Tuple(1L));
  }
}
