package oracle.twins;

import cascading.flow.FlowProcess;
import cascading.operation.BaseOperation;
import cascading.operation.Buffer;
import cascading.operation.BufferCall;
import cascading.pipe.joiner.JoinerClosure;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import java.util.Iterator;

/** Joins by itself: the number of rows of each side, and the product of their last values. */
public class JoinerClosureBuffer extends BaseOperation<Void> implements Buffer<Void> {
  public JoinerClosureBuffer(Fields fields) {
    super(fields);
  }

  @Override public void operate(FlowProcess process, BufferCall<Void> call) {
    JoinerClosure closure = call.getJoinerClosure();
    long rights = 0;
    for (Iterator<Tuple> right = closure.getIterator(1); right.hasNext(); right.next()) rights++;
    for (Iterator<Tuple> left = closure.getIterator(0); left.hasNext();) {
      Object value = last(left.next());
      for (Iterator<Tuple> right = closure.getIterator(1); right.hasNext();)
        call.getOutputCollector()
            .add(new Tuple(value, last(right.next()), rights, (long) closure.size()));
    }
  }

  private static Object last(Tuple row) {
    return row.getObject(row.size() - 1);
  }
}
