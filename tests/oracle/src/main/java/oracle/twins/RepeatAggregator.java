package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.Aggregator;
import cascading.operation.AggregatorCall;
import cascading.operation.BaseOperation;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Emits its number of rows in complete: their numbers from 0. */
public class RepeatAggregator extends BaseOperation<Void> implements Aggregator<Void> {
  private final int times;

  public RepeatAggregator(Fields field, int times) {
    super(field);
    this.times = times;
  }

  @Override public void start(FlowProcess process, AggregatorCall<Void> call) {}

  @Override public void aggregate(FlowProcess process, AggregatorCall<Void> call) {}

  @Override public void complete(FlowProcess process, AggregatorCall<Void> call) {
    for (long number = 0; number < times; number++) call.getOutputCollector().add(new Tuple(number));
  }
}
