package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Function;
import cascading.operation.FunctionCall;
import cascading.operation.OperationCall;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntryCollector;

/** Holds rows back and emits their sum in flush, with the collector it kept. */
public class FlushingFunction extends BaseOperation<FlushingFunction.Held>
    implements Function<FlushingFunction.Held> {
  static final class Held {
    long sum;
    TupleEntryCollector collector;
  }

  public FlushingFunction(Fields field) {
    super(1, field);
  }

  @Override public void prepare(FlowProcess process, OperationCall<Held> call) {
    call.setContext(new Held());
  }

  @Override public void operate(FlowProcess process, FunctionCall<Held> call) {
    call.getContext().sum += call.getArguments().getLong(0);
    call.getContext().collector = call.getOutputCollector();
  }

  @Override public void flush(FlowProcess process, OperationCall<Held> call) {
    Held held = call.getContext();
    if (held.collector != null && held.sum != 0) held.collector.add(new Tuple(held.sum));
  }
}
