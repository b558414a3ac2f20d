package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

import cascading.flow.Flow;
import cascading.flow.FlowDef;
import cascading.flow.local.LocalFlowConnector;
import cascading.operation.AssertionLevel;
import cascading.operation.DebugLevel;
import cascading.pipe.Checkpoint;
import cascading.pipe.Pipe;
import cascading.scheme.Scheme;
import cascading.tap.SinkMode;
import cascading.tap.Tap;
import cascading.tap.local.FileTap;
import cascading.tap.local.PartitionTap;
import cascading.tap.partition.Partition;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/** One case on Cascading's local planner: what came out, or what it failed with and when. */
final class CaseRun {
  private final JsonNode given;
  private final Path folder;
  private final Maker maker = new Maker();
  private final Map<String, Tap> taps = new HashMap<>();
  private final Map<String, Tap> sinks = new LinkedHashMap<>();
  private final Map<String, Tap> traps = new LinkedHashMap<>();

  CaseRun(JsonNode given, Path folder) {
    this.given = given;
    this.folder = folder;
  }

  ObjectNode result() throws IOException {
    ObjectNode result = Values.JSON.createObjectNode();
    String stage = "build";
    try {
      maker.addAll(given.get("nodes"));
      stage = "plan";
      Flow<?> flow = new LocalFlowConnector(properties()).connect(definition());
      stage = "run";
      flow.complete();
      writeOutcome(flow, result);
    } catch (Maker.NoFit mistake) {
      result.put("unfit", mistake.getMessage());
    } catch (RuntimeException | Error failure) {
      result.put("at", stage);
      ArrayNode chain = result.putArray("error");
      for (Throwable one = failure; one != null; one = one.getCause())
        chain.add(one.getClass().getName());
      result.put("message", rootMessage(failure));
    }
    return result;
  }

  private Map<Object, Object> properties() {
    Map<Object, Object> properties = new HashMap<>();
    given.path("properties").fields()
        .forEachRemaining(one -> properties.put(one.getKey(), one.getValue().asText()));
    return properties;
  }

  private FlowDef definition() throws IOException {
    FlowDef definition = FlowDef.flowDef().setName(given.get("name").textValue());
    for (JsonNode one : given.get("sources")) definition.addSource(name(one), tap(one, SinkMode.KEEP));
    for (JsonNode one : given.get("sinks")) {
      Tap tap = tap(one, SinkMode.REPLACE);
      sinks.put(name(one), tap);
      if (one.has("tail")) definition.addTailSink(maker.pipe(one.get("tail")), tap);
      else definition.addSink(name(one), tap);
    }
    for (JsonNode one : given.path("tails")) definition.addTail(maker.pipe(one));
    for (JsonNode one : given.get("traps")) {
      traps.put(name(one), tap(one, SinkMode.REPLACE));
      definition.addTrap(name(one), traps.get(name(one)));
    }
    for (JsonNode one : given.path("checkpoints"))
      definition.addCheckpoint(name(one), tap(one, SinkMode.REPLACE));
    if (given.has("run_id")) definition.setRunID(given.get("run_id").textValue());
    if (given.has("assertions"))
      definition.setAssertionLevel(AssertionLevel.valueOf(given.get("assertions").textValue()));
    if (given.has("debug"))
      definition.setDebugLevel(DebugLevel.valueOf(given.get("debug").textValue()));
    return definition;
  }

  private static String name(JsonNode tap) {
    return tap.get("name").textValue();
  }

  /** A tap; those of one id are one tap. */
  private Tap tap(JsonNode node, SinkMode mode) throws IOException {
    String id = node.path("id").asText("");
    if (taps.containsKey(id)) return taps.get(id);
    Tap tap = node.has("partition") ? partitionTap(node)
        : node.has("scheme") ? fileTap(node)
        : rowsTap(node, mode);
    if (!id.isEmpty()) taps.put(id, tap);
    return tap;
  }

  private Tap rowsTap(JsonNode node, SinkMode mode) {
    SinkMode chosen = node.has("mode") ? SinkMode.valueOf(node.get("mode").textValue()) : mode;
    Fields fields = node.has("fields") ? maker.fields(node.get("fields")) : Fields.ALL;
    RowsTap tap = new RowsTap(name(node) + "-" + System.identityHashCode(node), fields, chosen);
    for (JsonNode row : node.path("rows")) tap.rows.add(Values.tuple(row));
    return tap;
  }

  private Tap fileTap(JsonNode node) throws IOException {
    Path path = folder.resolve(name(node) + (node.has("lines") ? ".in" : ".out"));
    if (node.has("lines")) {
      StringBuilder text = new StringBuilder();
      for (JsonNode line : node.get("lines")) text.append(line.textValue()).append('\n');
      Files.writeString(path, text);
    }
    return new FileTap((Scheme) maker.make(node.get("scheme")), path.toString(), SinkMode.REPLACE);
  }

  private Tap partitionTap(JsonNode node) throws IOException {
    Path root = folder.resolve(name(node) + ".tree");
    for (Iterator<Map.Entry<String, JsonNode>> files = node.path("files").fields(); files.hasNext();) {
      Map.Entry<String, JsonNode> file = files.next();
      Path path = root.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      StringBuilder text = new StringBuilder();
      for (JsonNode line : file.getValue()) text.append(line.textValue()).append('\n');
      Files.writeString(path, text);
    }
    Tap parent = new FileTap((Scheme) maker.make(node.get("scheme")), root.toString());
    SinkMode mode = node.has("files") ? SinkMode.KEEP : SinkMode.REPLACE;
    return new PartitionTap(parent, (Partition) maker.make(node.get("partition")), mode);
  }

  private void writeOutcome(Flow<?> flow, ObjectNode result) throws IOException {
    ObjectNode rows = result.putObject("rows");
    ObjectNode fields = result.putObject("fields");
    for (Map.Entry<String, Tap> one : sinks.entrySet()) {
      writeRows(rows.putArray(one.getKey()), one.getValue());
      if (one.getValue() instanceof RowsTap && ((RowsTap) one.getValue()).planned() != null)
        writeFields(fields.putArray(one.getKey()), ((RowsTap) one.getValue()).planned());
    }
    ObjectNode trapped = result.putObject("traps");
    for (Map.Entry<String, Tap> one : traps.entrySet())
      writeRows(trapped.putArray(one.getKey()), one.getValue());
    ObjectNode counters = result.putObject("counters");
    for (JsonNode one : given.path("counters")) {
      String group = one.get(0).textValue();
      long value = flow.getFlowStats().getCounterValue(group, one.get(1).textValue());
      counters.put(group + ":" + one.get(1).textValue(), value);
    }
  }

  private static void writeRows(ArrayNode written, Tap tap) throws IOException {
    if (tap instanceof RowsTap) for (Tuple row : ((RowsTap) tap).rows) written.add(Values.row(row));
    else if (tap instanceof PartitionTap) writeTree(written, Path.of(tap.getIdentifier()));
    else if (Files.exists(Path.of(tap.getIdentifier())))
      for (String line : Files.readAllLines(Path.of(tap.getIdentifier()))) written.addArray().add(line);
  }

  /** The lines of all files, each behind its path: the local planner makes a file of a partition. */
  private static void writeTree(ArrayNode written, Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile).sorted()::iterator)
        for (String line : Files.readAllLines(path))
          written.addArray().add(root.relativize(path).toString()).add(line);
    }
  }

  private static void writeFields(ArrayNode written, Fields fields) {
    for (Comparable<?> name : fields)
      if (name instanceof Integer) written.add((Integer) name);
      else written.add(name.toString());
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) root = root.getCause();
    return String.valueOf(root.getMessage());
  }
}
