"""The methods, functions and constants of Java's classes that expressions may use, as tables.

A line reads ``result name(arguments) = Python``; of a method, the first argument is what stands
before the dot. A method whose Python is ``cast`` is written as the conversion that it is. `methods`
reads them.
"""

from __future__ import annotations

import math
from typing import Any

from cascade2spark.operations.expressions.kinds import DOUBLE, FLOAT, INT, KINDS, LONG, Kind

__all__ = ["BOX", "BOX_HASHES", "CONSTANTS", "CONSTRUCTORS", "METHODS", "REAL_BOX", "STATICS"]

# Methods of Java's boxes of numbers, BOX standing for the class.
BOX = """
byte byteValue(BOX) = cast
short shortValue(BOX) = cast
int intValue(BOX) = cast
long longValue(BOX) = cast
float floatValue(BOX) = cast
double doubleValue(BOX) = cast
boolean equals(BOX, BOX) = box_equals({0}, {1})
boolean equals(BOX, Object) = never_equals({0})
int compareTo(BOX, BOX) = compared({0}, {1})
String toString(BOX) = joined(unboxed_value({0}))
"""
BOX_HASHES = {"Long": "hash_of_long", "Float": "hash_of_float", "Double": "hash_of_double"}
REAL_BOX = """
boolean isNaN(BOX) = math.isnan({0})
boolean isInfinite(BOX) = math.isinf({0})
"""

_TEXT = """
int length(String) = length({0})
boolean isEmpty(String) = (len({0}) == 0)
boolean isBlank(String) = is_blank({0})
char charAt(String, int) = char_at({0}, {1})
String substring(String, int) = substring({0}, {1})
String substring(String, int, int) = substring({0}, {1}, {2})
int indexOf(String, String) = index_of({0}, {1})
int indexOf(String, char) = index_of({0}, {1})
int indexOf(String, int) = index_of({0}, character({1}))
int indexOf(String, String, int) = index_of({0}, {1}, {2})
int indexOf(String, char, int) = index_of({0}, {1}, {2})
int lastIndexOf(String, String) = last_index_of({0}, {1})
int lastIndexOf(String, char) = last_index_of({0}, {1})
int lastIndexOf(String, String, int) = last_index_of({0}, {1}, {2})
int lastIndexOf(String, char, int) = last_index_of({0}, {1}, {2})
boolean contains(String, String) = ({1} in {0})
boolean startsWith(String, String) = {0}.startswith({1})
boolean startsWith(String, String, int) = starts_at({0}, {1}, {2})
boolean endsWith(String, String) = {0}.endswith({1})
boolean equals(String, String) = equals_text({0}, {1})
boolean equals(String, Object) = object_equals({0}, {1})
boolean contentEquals(String, String) = equals_text({0}, unboxed_value({1}))
boolean equalsIgnoreCase(String, String) = equals_ignoring_case({0}, {1})
int compareTo(String, String) = compare_text({0}, {1})
int compareToIgnoreCase(String, String) = compare_text({0}, {1}, is_folded=True)
String concat(String, String) = ({0} + {1})
String replace(String, String, String) = {0}.replace({1}, {2})
String replace(String, char, char) = {0}.replace({1}, {2})
String replaceAll(String, String, String) = replace_all({0}, {1}, {2})
String replaceFirst(String, String, String) = replace_first({0}, {1}, {2})
boolean matches(String, String) = matches({0}, {1})
String[] split(String, String) = split({0}, {1})
String[] split(String, String, int) = split({0}, {1}, {2})
String toLowerCase(String) = {0}.lower()
String toUpperCase(String) = {0}.upper()
String trim(String) = {0}.strip(TRIMMED)
String strip(String) = stripped({0})
String repeat(String, int) = repeated({0}, {1})
String intern(String) = unboxed_value({0})
String toString(String) = unboxed_value({0})
int hashCode(String) = hash_of_text({0})
"""

_BOOLEAN_BOX = """
boolean booleanValue(Boolean) = unboxed_value({0})
int hashCode(Boolean) = hash_of_boolean({0})
boolean equals(Boolean, Object) = object_equals({0}, {1})
String toString(Boolean) = joined(unboxed_value({0}))
"""
_CHARACTER_BOX = """
char charValue(Character) = unboxed_value({0})
int hashCode(Character) = hash_of_char({0})
boolean equals(Character, Object) = object_equals({0}, {1})
String toString(Character) = unboxed_value({0})
"""
_OBJECT = """
boolean equals(Object, Object) = object_equals({0}, {1})
String toString(Object) = joined(unboxed_value({0}))
"""
_DECIMAL = """
int intValue(BigDecimal) = wrap_int(int({0}))
long longValue(BigDecimal) = wrap_long(int({0}))
double doubleValue(BigDecimal) = float({0})
BigDecimal add(BigDecimal, BigDecimal) = exact.add({0}, {1})
BigDecimal subtract(BigDecimal, BigDecimal) = exact.subtract({0}, {1})
BigDecimal multiply(BigDecimal, BigDecimal) = exact.multiply({0}, {1})
BigDecimal negate(BigDecimal) = exact.minus({0})
BigDecimal abs(BigDecimal) = exact.abs({0})
int signum(BigDecimal) = compared({0}, 0)
int compareTo(BigDecimal, BigDecimal) = compared({0}, {1})
boolean equals(BigDecimal, Object) = decimal_equals({0}, {1})
String toString(BigDecimal) = joined(unboxed_value({0}))
int hashCode(BigDecimal) = hash_of_decimal({0})
"""
_BUILDER = """
StringBuilder append(StringBuilder, String) = {0}.append(joined({1}))
StringBuilder append(StringBuilder, char) = {0}.append({1})
StringBuilder append(StringBuilder, boolean) = {0}.append(joined({1}))
StringBuilder append(StringBuilder, int) = {0}.append(joined({1}))
StringBuilder append(StringBuilder, long) = {0}.append(joined({1}))
StringBuilder append(StringBuilder, float) = {0}.append(joined_float({1}))
StringBuilder append(StringBuilder, double) = {0}.append(joined({1}))
StringBuilder append(StringBuilder, Float) = {0}.append(joined_float({1}))
StringBuilder append(StringBuilder, Object) = {0}.append(joined({1}))
StringBuilder insert(StringBuilder, int, String) = {0}.insert({1}, joined({2}))
StringBuilder insert(StringBuilder, int, char) = {0}.insert({1}, {2})
StringBuilder reverse(StringBuilder) = {0}.reverse()
StringBuilder deleteCharAt(StringBuilder, int) = {0}.delete_at({1})
void setLength(StringBuilder, int) = {0}.set_length({1})
int length(StringBuilder) = length({0}.text())
char charAt(StringBuilder, int) = char_at({0}.text(), {1})
int indexOf(StringBuilder, String) = index_of({0}.text(), {1})
String substring(StringBuilder, int) = substring({0}.text(), {1})
String substring(StringBuilder, int, int) = substring({0}.text(), {1}, {2})
String toString(StringBuilder) = {0}.text()
"""
_TUPLE = """
void add(Tuple, Object) = {0}.append({1})
void addAll(Tuple, Object...) = {0}.extend([{rest}])
void set(Tuple, int, Object) = set_value({0}, {1}, {2})
Object getObject(Tuple, int) = value_at({0}, {1})
String getString(Tuple, int) = text_at({0}, {1})
int size(Tuple) = len({0})
boolean isEmpty(Tuple) = (not {0})
"""

METHODS = {
    "String": _TEXT,
    "Boolean": _BOOLEAN_BOX,
    "Character": _CHARACTER_BOX,
    "BigDecimal": _DECIMAL,
    "Object": _OBJECT,
    "StringBuilder": _BUILDER,
    "Tuple": _TUPLE,
}

STATICS = {
    "Math": """
int abs(int) = wrap_int(abs({0}))
long abs(long) = wrap_long(abs({0}))
float abs(float) = abs({0})
double abs(double) = abs({0})
int max(int, int) = max({0}, {1})
long max(long, long) = max({0}, {1})
float max(float, float) = real_extreme({0}, {1}, is_max=True)
double max(double, double) = real_extreme({0}, {1}, is_max=True)
int min(int, int) = min({0}, {1})
long min(long, long) = min({0}, {1})
float min(float, float) = real_extreme({0}, {1}, is_max=False)
double min(double, double) = real_extreme({0}, {1}, is_max=False)
double pow(double, double) = power({0}, {1})
double sqrt(double) = square_root({0})
double cbrt(double) = cube_root({0})
double hypot(double, double) = math.hypot({0}, {1})
double exp(double) = to_power_of_e({0})
double log(double) = natural_log({0})
double log10(double) = natural_log({0}, 10)
double floor(double) = rounded_to_real({0}, 'floor')
double ceil(double) = rounded_to_real({0}, 'ceil')
double rint(double) = rounded_to_real({0}, 'rint')
int round(float) = round_real({0}, 32)
long round(double) = round_real({0}, 64)
double sin(double) = wave('sin', {0})
double cos(double) = wave('cos', {0})
double tan(double) = wave('tan', {0})
double asin(double) = wave('asin', {0})
double acos(double) = wave('acos', {0})
double atan(double) = math.atan({0})
double atan2(double, double) = math.atan2({0}, {1})
double signum(double) = sign({0})
double toRadians(double) = math.radians({0})
double toDegrees(double) = math.degrees({0})
int floorDiv(int, int) = wrap_int(floor_div({0}, {1}))
long floorDiv(long, long) = wrap_long(floor_div({0}, {1}))
int floorMod(int, int) = floor_mod({0}, {1})
long floorMod(long, long) = floor_mod({0}, {1})
""",
    "Integer": """
int parseInt(String) = parse_whole_number({0}, 32)
int parseInt(String, int) = parse_whole_number({0}, 32, {1})
Integer valueOf(String, int) = parse_whole_number({0}, 32, {1})
String toString(int, int) = in_radix({0}, {1})
String toHexString(int) = in_radix({0} & 0xFFFFFFFF, 16)
String toOctalString(int) = in_radix({0} & 0xFFFFFFFF, 8)
String toBinaryString(int) = in_radix({0} & 0xFFFFFFFF, 2)
Integer valueOf(String) = parse_whole_number({0}, 32)
Integer valueOf(int) = {0}
String toString(int) = joined({0})
int signum(int) = compared({0}, 0)
int hashCode(int) = {0}
int compare(int, int) = compared({0}, {1})
int max(int, int) = max({0}, {1})
int min(int, int) = min({0}, {1})
""",
    "Long": """
long parseLong(String) = parse_whole_number({0}, 64)
long parseLong(String, int) = parse_whole_number({0}, 64, {1})
String toString(long, int) = in_radix({0}, {1})
String toHexString(long) = in_radix({0} & 0xFFFFFFFFFFFFFFFF, 16)
String toBinaryString(long) = in_radix({0} & 0xFFFFFFFFFFFFFFFF, 2)
Long valueOf(String) = parse_whole_number({0}, 64)
Long valueOf(long) = {0}
String toString(long) = joined({0})
int compare(long, long) = compared({0}, {1})
int hashCode(long) = hash_of_long({0})
long max(long, long) = max({0}, {1})
long min(long, long) = min({0}, {1})
""",
    "Byte": """
byte parseByte(String) = parse_whole_number({0}, 8)
Byte valueOf(String) = parse_whole_number({0}, 8)
""",
    "Short": """
short parseShort(String) = parse_whole_number({0}, 16)
Short valueOf(String) = parse_whole_number({0}, 16)
""",
    "Double": """
double parseDouble(String) = parse_number({0}, 'Double')
Double valueOf(String) = parse_number({0}, 'Double')
Double valueOf(double) = {0}
String toString(double) = joined({0})
boolean isNaN(double) = math.isnan({0})
boolean isInfinite(double) = math.isinf({0})
int compare(double, double) = compared({0}, {1})
int hashCode(double) = hash_of_double({0})
""",
    "Float": """
float parseFloat(String) = parse_number({0}, 'Float')
Float valueOf(String) = parse_number({0}, 'Float')
Float valueOf(float) = {0}
String toString(float) = joined_float({0})
boolean isNaN(float) = math.isnan({0})
int hashCode(float) = hash_of_float({0})
""",
    "Boolean": """
boolean parseBoolean(String) = is_true({0})
Boolean valueOf(String) = is_true({0})
Boolean valueOf(boolean) = {0}
String toString(boolean) = joined({0})
int hashCode(boolean) = hash_of_boolean({0})
""",
    "String": """
String valueOf(boolean) = joined({0})
String valueOf(char) = {0}
String valueOf(int) = joined({0})
String valueOf(long) = joined({0})
String valueOf(float) = joined_float({0})
String valueOf(double) = joined({0})
String valueOf(Float) = joined_float({0})
String valueOf(Object) = joined({0})
String join(String, Object...) = joined_by({0}, ({rest},))
String format(String, Object...) = format_java({0}, {rest})
""",
    "Character": """
boolean isDigit(char) = {0}.isdecimal()
boolean isLetter(char) = {0}.isalpha()
boolean isLetterOrDigit(char) = ({0}.isalpha() or {0}.isdecimal())
boolean isUpperCase(char) = {0}.isupper()
boolean isLowerCase(char) = {0}.islower()
boolean isWhitespace(char) = is_java_space({0})
char toUpperCase(char) = cased({0}, is_upper=True)
char toLowerCase(char) = cased({0}, is_upper=False)
String toString(char) = {0}
int getNumericValue(char) = numeric_value({0})
int hashCode(char) = hash_of_char({0})
Character valueOf(char) = {0}
""",
    "BigDecimal": """
BigDecimal valueOf(long) = decimal_of({0})
BigDecimal valueOf(double) = decimal_of({0})
""",
}

CONSTRUCTORS = {
    "String": "String String(String) = unboxed_value({0})",
    "Integer": "Integer Integer(String) = parse_whole_number({0}, 32)\nInteger Integer(int) = {0}",
    "Long": "Long Long(String) = parse_whole_number({0}, 64)\nLong Long(long) = {0}",
    "Double": "Double Double(String) = parse_number({0}, 'Double')\nDouble Double(double) = {0}",
    "Float": "Float Float(String) = parse_number({0}, 'Float')\nFloat Float(float) = {0}",
    "Boolean": "Boolean Boolean(String) = is_true({0})\nBoolean Boolean(boolean) = {0}",
    "StringBuilder": "StringBuilder StringBuilder() = TextBuilder()\n"
    "StringBuilder StringBuilder(int) = TextBuilder()\n"
    "StringBuilder StringBuilder(String) = TextBuilder(unboxed_value({0}))",
    "Tuple": "Tuple Tuple(Object...) = [{rest}]",
    "BigDecimal": "BigDecimal BigDecimal(String) = parse_number({0}, 'BigDecimal')",
}

CONSTANTS: dict[tuple[str, str], tuple[Kind, Any]] = {
    ("Math", "PI"): (DOUBLE, math.pi),
    ("Math", "E"): (DOUBLE, math.e),
    ("Integer", "MAX_VALUE"): (INT, 2**31 - 1),
    ("Integer", "MIN_VALUE"): (INT, -(2**31)),
    ("Long", "MAX_VALUE"): (LONG, 2**63 - 1),
    ("Long", "MIN_VALUE"): (LONG, -(2**63)),
    ("Short", "MAX_VALUE"): (INT, 2**15 - 1),
    ("Short", "MIN_VALUE"): (INT, -(2**15)),
    ("Byte", "MAX_VALUE"): (INT, 2**7 - 1),
    ("Byte", "MIN_VALUE"): (INT, -(2**7)),
    ("Double", "MAX_VALUE"): (DOUBLE, 1.7976931348623157e308),
    ("Double", "MIN_VALUE"): (DOUBLE, 5e-324),
    ("Double", "NaN"): (DOUBLE, math.nan),
    ("Double", "POSITIVE_INFINITY"): (DOUBLE, math.inf),
    ("Double", "NEGATIVE_INFINITY"): (DOUBLE, -math.inf),
    ("Float", "NaN"): (FLOAT, math.nan),
    ("Float", "MAX_VALUE"): (FLOAT, 3.4028234663852886e38),
    ("Boolean", "TRUE"): (KINDS["Boolean"], True),
    ("Boolean", "FALSE"): (KINDS["Boolean"], False),
}
