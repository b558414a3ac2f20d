package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs cases, one JSON object a line, and writes their results in the same order. */
public final class Oracle {
  private static final int LIMIT_S = 20;

  private Oracle() {}

  public static void main(String[] arguments) throws Exception {
    Path cases = Path.of(arguments[0]);
    Path results = Path.of(arguments[1]);
    try (BufferedWriter out = Files.newBufferedWriter(results)) {
      for (String line : Files.readAllLines(cases)) {
        JsonNode given = Values.JSON.readTree(line);
        ObjectNode result = Values.JSON.createObjectNode();
        result.set("name", given.get("name"));
        result.setAll(limited(given, Files.createTempDirectory(results.getParent(), "case")));
        out.write(Values.JSON.writeValueAsString(result));
        out.newLine();
        out.flush();
      }
    }
    Runtime.getRuntime().halt(0); // Cascading may leave threads behind, and hooks that wait for them
  }

  /** A flow whose trap or join fails may wait for ever, so each case has its time. */
  private static ObjectNode limited(JsonNode given, Path folder) throws Exception {
    FutureTask<ObjectNode> running = new FutureTask<>(() -> new CaseRun(given, folder).result());
    Thread thread = new Thread(running);
    thread.setDaemon(true);
    thread.start();
    try {
      return running.get(LIMIT_S, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      ObjectNode result = Values.JSON.createObjectNode().put("at", "run").put("message", "it never ends");
      result.putArray("error").add(TimeoutException.class.getName());
      return result;
    }
  }
}
