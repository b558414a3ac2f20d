package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.operation.OperationCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Emits one reused result tuple twice for each row, and nothing for nulls. */
public class EmitTwice extends BaseOperation<Tuple> implements Function<Tuple> {
  public EmitTwice(Fields field) {
    super(1, field);
  }

  @Override public void prepare(FlowProcess process, OperationCall<Tuple> call) {
    call.setContext(Tuple.size(1));
  }

  @Override public void operate(FlowProcess process, FunctionCall<Tuple> call) {
    Long value = (Long) call.getArguments().getObject(0);
    for (long number = 0; value != null && number < 2; number++) {
      call.getContext().set(0, value * 10 + number);
      call.getOutputCollector().add(call.getContext());
    }
  }
}
