package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs cases, one JSON object a line, and writes their results in the same order. */
public final class Oracle {
  private static final int AT_ONCE = 3;
  private static final int LIMIT_S = 15;

  private Oracle() {}

  public static void main(String[] arguments) throws Exception {
    Path results = Path.of(arguments[1]);
    ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
    List<Future<ObjectNode>> running = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      JsonNode given = Values.JSON.readTree(line);
      Path folder = Files.createTempDirectory(results.getParent(), "case");
      running.add(pool.submit(() -> limited(given, folder)));
    }
    try (BufferedWriter out = Files.newBufferedWriter(results)) {
      for (Future<ObjectNode> one : running) {
        out.write(Values.JSON.writeValueAsString(one.get()));
        out.newLine();
      }
    }
    Runtime.getRuntime().halt(0); // Cascading may leave threads behind, and hooks that wait for them
  }

  /** A flow whose keys cannot be compared may wait for ever, so each case has its time. */
  private static ObjectNode limited(JsonNode given, Path folder) throws Exception {
    ObjectNode result = Values.JSON.createObjectNode();
    result.set("name", given.get("name"));
    FutureTask<ObjectNode> running = new FutureTask<>(() -> new CaseRun(given, folder).result());
    Thread thread = new Thread(running);
    thread.setDaemon(true);
    thread.start();
    try {
      result.setAll(running.get(LIMIT_S, TimeUnit.SECONDS));
    } catch (TimeoutException late) {
      result.put("at", "run").put("message", "it never ends");
      result.putArray("error").add(TimeoutException.class.getName());
    }
    return result;
  }
}
