package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;

/** Not safe: counts every call. */
public class SideEffect extends BaseOperation<Void> implements Function<Void> {
  public SideEffect() {
    super(1, Fields.ARGS);
  }

  @Override public boolean isSafe() {
    return false;
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    process.increment("unsafe", "calls", 1);
    call.getOutputCollector().add(call.getArguments());
  }
}
