package oracle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Properties;

import cascading.flow.FlowProcess;
import cascading.scheme.Scheme;
import cascading.scheme.SinkCall;
import cascading.scheme.SourceCall;
import cascading.tap.SinkMode;
import cascading.tap.Tap;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;
import cascading.tuple.TupleEntryChainIterator;
import cascading.tuple.TupleEntryCollector;
import cascading.tuple.TupleEntryIterator;
import cascading.tuple.TupleEntrySchemeCollector;

/** Rows in memory: a source, a sink or a trap. */
final class RowsTap extends Tap<Properties, List<Tuple>, List<Tuple>> {
  final List<Tuple> rows = new ArrayList<>();

  private final String name;

  RowsTap(String name, Fields fields, SinkMode mode) {
    super(new RowsScheme(fields), mode);
    this.name = name;
  }

  /** The fields that the plan resolved for this sink. */
  Fields planned() {
    return ((RowsScheme) getScheme()).planned;
  }

  @Override public String getIdentifier() { return name; }

  @Override public TupleEntryIterator openForRead(
      FlowProcess<? extends Properties> process, List<Tuple> input) {
    Iterator<Tuple> copies = rows.stream().map(Tuple::new).iterator();
    return new TupleEntryChainIterator(getSourceFields(), copies);
  }

  @Override public TupleEntryCollector openForWrite(
      FlowProcess<? extends Properties> process, List<Tuple> output) {
    return new TupleEntrySchemeCollector<Properties, List<Tuple>>(process, this, rows);
  }

  @Override public boolean createResource(Properties config) { return true; }

  @Override public boolean deleteResource(Properties config) {
    rows.clear();
    return true;
  }

  @Override public boolean resourceExists(Properties config) { return !rows.isEmpty(); }

  @Override public long getModifiedTime(Properties config) { return 0; }

  private static final class RowsScheme
      extends Scheme<Properties, List<Tuple>, List<Tuple>, Void, Void> {
    Fields planned;

    RowsScheme(Fields fields) {
      super(fields, fields);
    }

    @Override public void presentSinkFields(
        FlowProcess<? extends Properties> process, Tap tap, Fields fields) {
      planned = fields;
      presentSinkFieldsInternal(fields);
    }

    @Override public void sourceConfInit(FlowProcess<? extends Properties> process,
        Tap<Properties, List<Tuple>, List<Tuple>> tap, Properties config) {}

    @Override public void sinkConfInit(FlowProcess<? extends Properties> process,
        Tap<Properties, List<Tuple>, List<Tuple>> tap, Properties config) {}

    @Override public boolean source(
        FlowProcess<? extends Properties> process, SourceCall<Void, List<Tuple>> call) throws IOException {
      throw new IOException("rows are read by the tap itself");
    }

    @Override public void sink(
        FlowProcess<? extends Properties> process, SinkCall<Void, List<Tuple>> call) {
      call.getOutput().add(call.getOutgoingEntry().getTupleCopy());
    }
  }
}
