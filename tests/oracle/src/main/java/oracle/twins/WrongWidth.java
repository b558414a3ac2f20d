package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Declares two fields and emits one value. */
public class WrongWidth extends BaseOperation<Void> implements Function<Void> {
  public WrongWidth() {
    super(new Fields("x", "y"));
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    call.getOutputCollector().add(new Tuple(1L));
  }
}
