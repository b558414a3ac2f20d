package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Filter;
import cascading.operation.FilterCall;
import cascading.operation.OperationException;

/** Keeps everything, and fails on one value. */
public class BadFilter extends BaseOperation<Void> implements Filter<Void> {
  private final Object bad;

  public BadFilter(Object bad) {
    super(1);
    this.bad = bad;
  }

  @Override public boolean isRemove(FlowProcess process, FilterCall<Void> call) {
    if (bad.equals(call.getArguments().getObject(0))) throw new OperationException("this filter fails");
    return false;
  }
}
