package oracle;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TimeZone;
import java.util.regex.Pattern;

import cascading.nested.json.JSONCoercibleType;
import cascading.pipe.Pipe;
import cascading.pipe.SubAssembly;
import cascading.tuple.Fields;
import cascading.tuple.Tuple;

/**
 * Makes Cascading's objects from calls described as JSON: {"new": class, "args": [...]}.
 *
 * <p>The constructor is the one that the arguments fit best. A text is rather a String than the name
 * of a field, a number rather an int than a long than a position.
 */
final class Maker {
  private static final String[] PACKAGES = {
    "cascading.operation", "cascading.operation.aggregator", "cascading.operation.assertion",
    "cascading.operation.buffer", "cascading.operation.expression", "cascading.operation.filter",
    "cascading.operation.function",
    "cascading.operation.hash", "cascading.operation.regex", "cascading.operation.state",
    "cascading.nested.core", "cascading.nested.core.aggregate", "cascading.nested.json",
    "cascading.nested.json.local", "cascading.operation.text", "cascading.pipe",
    "cascading.pipe.assembly", "cascading.pipe.joiner",
    "cascading.scheme.local", "cascading.tap.partition", "cascading.tuple", "cascading.tuple.type",
    "cascading.util", "oracle.twins",
  };

  private static final Map<String, Class<?>> TYPES = Map.ofEntries(
    Map.entry("Integer", Integer.class), Map.entry("Long", Long.class),
    Map.entry("Short", Short.class), Map.entry("Float", Float.class),
    Map.entry("Double", Double.class), Map.entry("Boolean", Boolean.class),
    Map.entry("String", String.class), Map.entry("BigDecimal", BigDecimal.class),
    Map.entry("Object", Object.class), Map.entry("int_", int.class),
    Map.entry("long_", long.class), Map.entry("short_", short.class),
    Map.entry("float_", float.class), Map.entry("double_", double.class),
    Map.entry("boolean_", boolean.class), Map.entry("char_", char.class));

  private final List<Pipe> pipes = new ArrayList<>();

  /** No constructor takes these arguments; says nothing about Cascading. */
  static final class NoFit extends RuntimeException {
    NoFit(String message) {
      super(message);
    }
  }

  /** Makes the nodes in their order; each may refer to those before it. */
  void addAll(JsonNode nodes) {
    for (JsonNode node : nodes) pipes.add((Pipe) make(node));
  }

  /** A pipe by its number, or the n-th tail of an assembly by {"pipe": number, "tail": n}. */
  Pipe pipe(JsonNode reference) {
    Pipe pipe = pipes.get(reference.get("pipe").intValue());
    return reference.has("tail")
        ? ((SubAssembly) pipe).getTails()[reference.get("tail").intValue()]
        : pipe;
  }

  Object make(JsonNode call) {
    Class<?> type = named(call.get("new").textValue());
    JsonNode arguments = call.get("args");
    Constructor<?> best = null;
    Object[] values = null;
    int least = Integer.MAX_VALUE;
    for (Constructor<?> one : type.getConstructors()) {
      int[] cost = {0};
      Object[] fitted = fitted(one, arguments, cost);
      if (fitted != null && cost[0] < least) {
        best = one;
        values = fitted;
        least = cost[0];
      }
    }
    if (best == null) throw new NoFit(call.toString());
    try {
      return then(best.newInstance(values), call.path("then"));
    } catch (InvocationTargetException failure) {
      if (failure.getCause() instanceof RuntimeException) throw (RuntimeException) failure.getCause();
      throw new IllegalStateException(failure.getCause());
    } catch (ReflectiveOperationException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Calls the methods of a specification, each given as [name, arguments]. */
  private Object then(Object made, JsonNode calls) throws ReflectiveOperationException {
    for (JsonNode call : calls) {
      Method best = null;
      Object[] values = null;
      int least = Integer.MAX_VALUE;
      for (Method one : made.getClass().getMethods()) {
        int[] cost = {0};
        if (!one.getName().equals(call.get(0).textValue())) continue;
        Object[] fitted = fitted(one, call.get(1), cost);
        if (fitted != null && cost[0] < least) {
          best = one;
          values = fitted;
          least = cost[0];
        }
      }
      if (best == null) throw new NoFit(call.toString());
      best.invoke(made, values);
    }
    return made;
  }

  Fields fields(JsonNode node) {
    JsonNode elements = node.get("fields");
    if (elements.isTextual()) return special(elements.textValue());
    Comparable<?>[] names = new Comparable<?>[elements.size()];
    for (int i = 0; i < names.length; i++)
      names[i] = elements.get(i).isTextual()
          ? elements.get(i).textValue()
          : (Comparable<?>) elements.get(i).intValue();
    Fields fields = new Fields(names);
    if (node.has("types")) fields = fields.applyTypes(types(node.get("types")));
    for (int i = 0; node.has("by") && i < names.length; i++)
      if (!node.get("by").get(i).isNull())
        fields.setComparator(names[i], (Comparator<?>) make(node.get("by").get(i)));
    return fields;
  }

  private static Fields special(String name) {
    try {
      return (Fields) Fields.class.getField(name).get(null);
    } catch (ReflectiveOperationException failure) {
      throw new NoFit("no Fields." + name);
    }
  }

  private Type[] types(JsonNode nodes) {
    Type[] types = new Type[nodes.size()];
    for (int i = 0; i < types.length; i++) types[i] = type(nodes.get(i));
    return types;
  }

  private Type type(JsonNode node) {
    if (!node.isTextual()) return (Type) make(node);
    if (node.textValue().equals("JSONCoercibleType")) return JSONCoercibleType.TYPE;
    return TYPES.get(node.textValue());
  }

  private static Class<?> named(String name) {
    for (String folder : PACKAGES) {
      try {
        return Class.forName(folder + "." + name);
      } catch (ClassNotFoundException elsewhere) {
        // it is in another package
      }
    }
    throw new NoFit("no class " + name);
  }

  private Object[] fitted(Executable constructor, JsonNode arguments, int[] cost) {
    Class<?>[] wanted = constructor.getParameterTypes();
    int fixed = wanted.length;
    if (constructor.isVarArgs() && (arguments.size() != fixed || !arguments.get(fixed - 1).isArray())) {
      fixed--;
      cost[0]++;
    }
    if (arguments.size() < fixed || (fixed == wanted.length && arguments.size() > fixed)) return null;
    Object[] values = new Object[wanted.length];
    try {
      for (int i = 0; i < fixed; i++) values[i] = fit(arguments.get(i), wanted[i], cost);
      if (fixed < wanted.length) {
        Class<?> element = wanted[fixed].getComponentType();
        Object rest = Array.newInstance(element, arguments.size() - fixed);
        for (int i = fixed; i < arguments.size(); i++)
          Array.set(rest, i - fixed, fit(arguments.get(i), element, cost));
        values[fixed] = rest;
      }
      return values;
    } catch (NoFit other) {
      return null;
    }
  }

  /** The argument as a parameter of this class; adds to the cost what it had to be bent. */
  private Object fit(JsonNode node, Class<?> wanted, int[] cost) {
    if (node.isObject() && node.has("json")) throw new NoFit("a tree is a value of rows");
    if (wanted.isArray() && node.isArray()) return array(node, wanted.getComponentType(), cost);
    if (node.isNull() && !wanted.isPrimitive()) return null;
    if (node.isObject() && node.has("pipe")) return cast(pipe(node), wanted);
    if (node.isObject() && node.has("new")) return cast(make(node), wanted);
    if (node.isObject() && node.has("type")) return cast(type(node.get("type")), wanted);
    if (node.isObject() && node.has("map") && wanted == Map.class) return map(node.get("map"), cost);
    if (wanted == Pattern.class && node.isTextual()) return Pattern.compile(node.textValue());
    if (wanted == List.class && node.isArray())
      return Arrays.asList((Object[]) array(node, Pattern.class, cost));
    if (node.isObject() && node.has("enum")) return constant(node.get("enum").textValue(), wanted);
    if (wanted == Fields.class) return asFields(node, cost);
    if (wanted == boolean.class && node.isBoolean()) return node.booleanValue();
    if (wanted == int.class && node.isIntegralNumber()) return node.intValue();
    if (wanted == long.class && node.isIntegralNumber()) return bent(1, node.longValue(), cost);
    if (wanted == double.class && node.has("double"))
      return Double.valueOf(node.get("double").textValue());
    if (wanted == String.class && node.isTextual()) return node.textValue();
    if (wanted == TimeZone.class && node.isTextual())
      return bent(1, TimeZone.getTimeZone(node.textValue()), cost);
    if (wanted == Locale.class && node.isTextual())
      return bent(1, Locale.forLanguageTag(node.textValue()), cost);
    if (wanted == Tuple.class && node.has("tuple")) return Values.read(node);
    if (wanted == Object.class || wanted == Comparable.class || wanted == Serializable.class) {
      if (node.has("fields") || node.isArray()) throw new NoFit("a value expected");
      return bent(wanted == Object.class ? 4 : 5, Values.read(node), cost);
    }
    throw new NoFit(node + " is no " + wanted);
  }

  private Object array(JsonNode nodes, Class<?> element, int[] cost) {
    Object array = Array.newInstance(element, nodes.size());
    for (int i = 0; i < nodes.size(); i++) Array.set(array, i, fit(nodes.get(i), element, cost));
    return array;
  }

  /** Fields to pointers, or pointers to aggregates. */
  private Map<Object, Object> map(JsonNode pairs, int[] cost) {
    Map<Object, Object> map = new LinkedHashMap<>();
    for (JsonNode pair : pairs)
      if (pair.get(1).isTextual()) map.put(asFields(pair.get(0), cost), pair.get(1).textValue());
      else map.put(pair.get(0).textValue(), make(pair.get(1)));
    return map;
  }

  private Fields asFields(JsonNode node, int[] cost) {
    if (node.has("fields")) return fields(node);
    if (node.isTextual()) return bent(2, new Fields(node.textValue()), cost);
    if (node.isIntegralNumber()) return bent(2, new Fields(node.intValue()), cost);
    JsonNode names = node.has("tuple") ? node.get("tuple") : node;
    if (!names.isArray() || names.isEmpty()) throw new NoFit(node + " are no fields");
    return bent(2, fields(Values.JSON.createObjectNode().set("fields", names)), cost);
  }

  private static Object constant(String name, Class<?> wanted) {
    if (wanted.isEnum())
      for (Object constant : wanted.getEnumConstants())
        if (((Enum<?>) constant).name().equals(name)) return constant;
    throw new NoFit(name + " is no " + wanted);
  }

  private static Object cast(Object value, Class<?> wanted) {
    if (!wanted.isInstance(value)) throw new NoFit(value.getClass() + " is no " + wanted);
    return value;
  }

  private static <T> T bent(int by, T value, int[] cost) {
    cost[0] += by;
    return value;
  }
}
