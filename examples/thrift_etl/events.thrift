// What a shop records, and what is made of it.

enum Kind { VIEW = 1, CLICK = 2, CART = 3, BUY = 4 }

struct Item {
  1: i32 sku
  2: i64 cents
  3: i16 count = 1
}

struct Place {
  1: string city
  2: string country
  3: optional string street
}

struct Event {
  1: required i64 id
  2: required i64 ms          // since 1970
  3: required string user
  4: Kind kind = Kind.VIEW
  5: string url
  6: i32 status
  7: bool mobile
  8: double score
  9: i64 cents                // of the whole event
  10: i16 hour
  11: byte flag
  12: binary token
  13: list<Item> items
  14: map<string, string> params
  15: Place place
  16: list<string> tags
  17: set<i32> tests
  18: i32 retries = 3
  19: optional string referrer
  20: optional string note
  21: optional Place shipped_to
}

struct Profile {
  1: required string user
  2: string plan
  3: i32 joined
  4: list<string> interests
  5: optional Place home
}

// Of the sessions of one country and plan.
struct Total {
  1: string country
  2: optional string plan     // absent: of users without a profile
  3: i64 sessions
  4: i64 events
  5: i64 cents
  6: i64 ms
  7: i64 longest
}
