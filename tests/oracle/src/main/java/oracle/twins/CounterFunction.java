package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;

/** Counts its rows, and the sum of its argument, in counters of the flow. */
public class CounterFunction extends BaseOperation<Void> implements Function<Void> {
  public CounterFunction() {
    super(1, Fields.ARGS);
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    process.increment("mine", "rows", 1);
    process.increment("mine", "sum", call.getArguments().getLong(0));
    call.getOutputCollector().add(call.getArguments());
  }
}
