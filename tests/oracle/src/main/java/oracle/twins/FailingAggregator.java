package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.Aggregator;
import cascading.operation.AggregatorCall;
import cascading.operation.BaseOperation;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** Counts rows, and fails in one of its three methods on one value. */
public class FailingAggregator extends BaseOperation<long[]> implements Aggregator<long[]> {
  private final String where;
  private final Object bad;

  public FailingAggregator(Fields field, String where, Object bad) {
    super(1, field);
    this.where = where;
    this.bad = bad;
  }

  @Override public void start(FlowProcess process, AggregatorCall<long[]> call) {
    call.setContext(new long[1]);
    check("start", call.getGroup().getObject(0));
  }

  @Override public void aggregate(FlowProcess process, AggregatorCall<long[]> call) {
    check("aggregate", call.getArguments().getObject(0));
    call.getContext()[0]++;
  }

  @Override public void complete(FlowProcess process, AggregatorCall<long[]> call) {
    check("complete", call.getGroup().getObject(0));
    call.getOutputCollector().add(new Tuple(call.getContext()[0]));
  }

  private void check(String method, Object value) {
    if (where.equals(method) && bad.equals(value))
      throw new IllegalArgumentException(method + " fails");
  }
}
