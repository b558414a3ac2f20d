package oracle.twins;

import cascading.tuple.Hasher;
import java.io.Serializable;
import java.util.Comparator;

/** The reverse of a comparator, or of natural order with nulls last; it has a hash. */
public class ReverseHasher implements Comparator<Comparable>, Hasher<Comparable>, Serializable {
  private final Comparator reversed;

  public ReverseHasher() {
    this(null);
  }

  public ReverseHasher(Comparator reversed) {
    this.reversed = reversed;
  }

  @Override public int compare(Comparable left, Comparable right) {
    if (reversed != null) return reversed.compare(right, left);
    if (left == null || right == null) return left == right ? 0 : left == null ? 1 : -1;
    return right.compareTo(left);
  }

  @Override public int hashCode(Comparable value) {
    if (reversed instanceof Hasher) return ((Hasher) reversed).hashCode(value);
    return value == null ? 0 : value.hashCode();
  }
}
