package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Passes its first argument, and fails on one value. */
public class BadFunction extends BaseOperation<Void> implements Function<Void> {
  private final Object bad;

  public BadFunction(Fields fields, Object bad) {
    super(fields);
    this.bad = bad;
  }

  @Override public void operate(FlowProcess process, FunctionCall<Void> call) {
    Object value = call.getArguments().getObject(0);
    if (bad.equals(value)) throw new IllegalArgumentException("cannot work on " + value);
    call.getOutputCollector().add(new Tuple(value));
  }
}
