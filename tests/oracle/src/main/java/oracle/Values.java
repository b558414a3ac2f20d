package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.util.HexFormat;

import cascading.tuple.Tuple;

/**
 * Values as JSON. Null, boolean, text and Long are JSON's own; all others are an object of one
 * member whose name tells the class, so that Integer, Long and Double stay apart.
 */
final class Values {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Values() {}

  static Object read(JsonNode node) {
    if (node.isNull()) return null;
    if (node.isBoolean()) return node.booleanValue();
    if (node.isTextual()) return node.textValue();
    if (node.isIntegralNumber()) return node.longValue();
    String tag = node.fieldNames().next();
    JsonNode held = node.get(tag);
    switch (tag) {
      case "int": return held.intValue();
      case "short": return held.shortValue();
      case "double": return Double.valueOf(held.textValue());
      case "float": return Float.valueOf(held.textValue());
      case "decimal": return new BigDecimal(held.textValue());
      case "bytes": return HexFormat.of().parseHex(held.textValue());
      case "tuple": return tuple(held);
      case "json": return held;
      default: throw new IllegalArgumentException("no such value: " + node);
    }
  }

  static Tuple tuple(JsonNode values) {
    Tuple result = new Tuple();
    for (JsonNode value : values) result.add(read(value));
    return result;
  }

  static JsonNode write(Object value) {
    if (value == null) return NODES.nullNode();
    if (value instanceof Boolean) return NODES.booleanNode((Boolean) value);
    if (value instanceof String) return NODES.textNode((String) value);
    if (value instanceof Long) return NODES.numberNode((Long) value);
    if (value instanceof Integer) return tagged("int", NODES.numberNode((Integer) value));
    if (value instanceof Short) return tagged("short", NODES.numberNode((Short) value));
    if (value instanceof Double) return tagged("double", NODES.textNode(value.toString()));
    if (value instanceof Float) return tagged("float", NODES.textNode(value.toString()));
    if (value instanceof Character) return tagged("char", NODES.textNode(value.toString()));
    if (value instanceof BigDecimal) return tagged("decimal", NODES.textNode(value.toString()));
    if (value instanceof byte[])
      return tagged("bytes", NODES.textNode(HexFormat.of().formatHex((byte[]) value)));
    if (value instanceof Tuple) return tagged("tuple", row((Tuple) value));
    if (value instanceof JsonNode) return tagged("json", (JsonNode) value);
    return tagged(value.getClass().getName(), NODES.textNode(value.toString()));
  }

  static ArrayNode row(Iterable<Object> values) {
    ArrayNode row = NODES.arrayNode();
    for (Object value : values) row.add(write(value));
    return row;
  }

  private static JsonNode tagged(String tag, JsonNode held) {
    return NODES.objectNode().set(tag, held);
  }
}
