package oracle.twins;

import cascading.tuple.Hasher;
import java.io.Serializable;
import java.util.Comparator;
import java.util.Locale;

/** Text without regard to case, null first. */
public class StringInsensitive implements Comparator<Comparable>, Hasher<Comparable>, Serializable {
  @Override public int compare(Comparable left, Comparable right) {
    if (left == null || right == null) return left == right ? 0 : left == null ? -1 : 1;
    if (!(left instanceof String && right instanceof String)) return left.compareTo(right);
    return ((String) left).compareToIgnoreCase((String) right);
  }

  @Override public int hashCode(Comparable value) {
    if (value == null) return 0;
    if (!(value instanceof String)) return value.hashCode();
    return ((String) value).toLowerCase(Locale.ROOT).hashCode();
  }
}
