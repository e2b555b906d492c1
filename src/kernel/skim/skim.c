/*
 * Finds the outermost levels of a JSON text, 64 bytes a step: where strings are comes from the parity of quotes, depth from counting brackets
 * (Langdale and Lemire, "Parsing Gigabytes of JSON per Second", 2019). That validates no more than brackets that close, strings that end, no
 * control character in a string, a bounded depth; `judge` validates the rest where that is wanted. Built by `scripts/build-skim.ts`.
 */
#include <stdint.h>
#include <wasm_simd128.h>

#define BLOCK 64
#define INVALID -1
#define TOO_DEEP -2
#define TOO_MANY -3

static inline uint64_t bits(v128_t a, v128_t b, v128_t c, v128_t d) {
  return (uint64_t)wasm_i8x16_bitmask(a) | (uint64_t)wasm_i8x16_bitmask(b) << 16 | (uint64_t)wasm_i8x16_bitmask(c) << 32 |
         (uint64_t)wasm_i8x16_bitmask(d) << 48;
}

/* One bit for each of 64 bytes: whether `expression` holds of `v`. */
#define MASK(expression)                                                                                                 \
  ({                                                                                                                     \
    v128_t found[4];                                                                                                     \
    for (int i = 0; i < 4; i++) {                                                                                        \
      v128_t v = in[i];                                                                                                  \
      found[i] = (expression);                                                                                           \
    }                                                                                                                    \
    bits(found[0], found[1], found[2], found[3]);                                                                        \
  })

/* Characters that a backslash before them takes their meaning from: those behind an odd run of backslashes. */
static inline uint64_t escaped(uint64_t backslash, uint64_t *carry) {
  const uint64_t even = 0x5555555555555555ull;
  if (!backslash) {
    uint64_t only = *carry;
    *carry = 0;
    return only;
  }
  backslash &= ~*carry;
  uint64_t follows = backslash << 1 | *carry;
  uint64_t odd_starts = backslash & ~even & ~follows;
  uint64_t on_even;
  *carry = __builtin_add_overflow(odd_starts, backslash, &on_even);
  return (even ^ on_even << 1) & follows;
}

/* Each bit becomes the parity of those up to and with it. */
static inline uint64_t parity(uint64_t x) {
  x ^= x << 1;
  x ^= x << 2;
  x ^= x << 4;
  x ^= x << 8;
  x ^= x << 16;
  x ^= x << 32;
  return x;
}

/* One text at a time; what is carried from block to block. */
static struct {
  uint64_t escape, in_string;
  int32_t depth, levels, max_depth;
  uint32_t found, room, base;
  uint32_t *out;
} state;

/* Whether the brackets of a block lead to a level that is looked at. */
static inline int surfaces(uint64_t open, uint64_t close) {
  int32_t depth = state.depth;
  for (uint64_t rest = open | close; rest; rest &= rest - 1) {
    if (open & rest & -rest) {
      if (++depth > state.max_depth) return 1;
    } else if (--depth <= state.levels) return 1;
  }
  return 0;
}

static inline int32_t look(uint32_t at, uint64_t open, uint64_t close, uint64_t separator) {
  for (uint64_t rest = open | close | separator; rest; rest &= rest - 1) {
    uint64_t bit = rest & -rest;
    if (close & bit && --state.depth < 0) return INVALID;
    if (state.depth < state.levels || (state.depth == state.levels && separator & bit)) {
      if (state.found == state.room) return TOO_MANY;
      state.out[state.found++] = at + (uint32_t)__builtin_ctzll(bit);
    }
    if (open & bit && ++state.depth > state.max_depth) return TOO_DEEP;
  }
  return 0;
}

/* The positions of brackets, colons and commas of the outermost `levels` levels will be written to `out`, at most `room` of them. */
__attribute__((export_name("begin"))) void begin(uint32_t *out, uint32_t room, int32_t levels, int32_t max_depth) {
  state.escape = state.in_string = 0;
  state.depth = 0;
  state.found = state.base = 0;
  state.out = out;
  state.room = room;
  state.levels = levels;
  state.max_depth = max_depth;
}

/* Takes a piece of the text: a multiple of BLOCK bytes, but for the last, behind which as many may be overwritten. 0, or what is wrong. */
__attribute__((export_name("take"))) int32_t take(uint8_t *text, uint32_t length) {
  const v128_t bit5 = wasm_i8x16_splat(0x20);
  if (length % BLOCK)
    for (uint32_t i = length; i % BLOCK; i++) text[i] = ' ';
  for (uint32_t at = 0; at < length; at += BLOCK) {
    v128_t in[4];
    for (int i = 0; i < 4; i++) in[i] = wasm_v128_load(text + at + 16 * i);
    uint64_t backslash = MASK(wasm_i8x16_eq(v, wasm_i8x16_splat('\\')));
    uint64_t quote = MASK(wasm_i8x16_eq(v, wasm_i8x16_splat('"'))) & ~escaped(backslash, &state.escape);
    uint64_t in_string = parity(quote) ^ state.in_string;
    state.in_string = (uint64_t)((int64_t)in_string >> 63);
    if (MASK(wasm_u8x16_lt(v, wasm_i8x16_splat(0x20))) & in_string) return INVALID;
    if (!~in_string) continue;
    /* `[` and `{` differ in bit 5 alone, and so do `]` and `}` */
    uint64_t open = MASK(wasm_i8x16_eq(wasm_v128_or(v, bit5), wasm_i8x16_splat('{'))) & ~in_string;
    uint64_t close = MASK(wasm_i8x16_eq(wasm_v128_or(v, bit5), wasm_i8x16_splat('}'))) & ~in_string;
    int32_t opens = __builtin_popcountll(open), closes = __builtin_popcountll(close);
    int is_deep = state.depth > state.levels && state.depth - closes > state.levels && state.depth + opens <= state.max_depth;
    if (is_deep || (state.depth > state.levels && !surfaces(open, close))) {
      state.depth += opens - closes;
      continue;
    }
    uint64_t separator = MASK(wasm_v128_or(wasm_i8x16_eq(v, wasm_i8x16_splat(':')), wasm_i8x16_eq(v, wasm_i8x16_splat(','))));
    int32_t wrong = look(state.base + at, open, close, separator & ~in_string);
    if (wrong) return wrong;
  }
  state.base += length;
  return 0;
}

/* How many positions were found, where everything that was opened has been closed. */
__attribute__((export_name("end"))) int32_t end(void) {
  return state.depth == 0 && !state.in_string && !state.escape ? (int32_t)state.found : INVALID;
}

/* The strict reading, RFC 8259 to the letter: one pass, sixteen bytes at a time in strings. The text is followed by zero bytes. */

#define MAX_DEPTH 1024
#define INLINE static inline __attribute__((always_inline))

static uint8_t inside[MAX_DEPTH + 1];

INLINE int is_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

INLINE int is_hex(uint8_t c) { return is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 6; }

/* Most texts have no white space, or one byte of it. */
INLINE const uint8_t *skip_space(const uint8_t *p) {
  while (*p <= ' ' && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

/* Behind an escape at `p`, or 0. */
static const uint8_t *escape(const uint8_t *p) {
  switch (p[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
      return p + 2;
    case 'u':
      return is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5]) ? p + 6 : 0;
    default:
      return 0;
  }
}

/*
 * `p + n`, as a jump that the processor foresees where lengths repeat, as they do from object to object: it reads on while the length is still
 * being found. The empty assembly keeps the compiler from making it an addition again. A quarter less time for many small values.
 */
#define STEP(n)                     \
  case n:                           \
    p += n;                         \
    __asm__ volatile("" : "+r"(p)); \
    return p;

INLINE const uint8_t *ahead(const uint8_t *p, uint32_t n) {
  switch (n) {
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
    STEP(8) STEP(9) STEP(10) STEP(11) STEP(12) STEP(13) STEP(14) STEP(15)
    default:
      return p;
  }
}

/* Behind the string whose first byte behind the quote is at `p`; 0 where it is none. A zero byte ends it like any control character. */
INLINE const uint8_t *string(const uint8_t *p) {
  while (p) {
    v128_t v = wasm_v128_load(p);
    v128_t marks = wasm_v128_or(wasm_i8x16_eq(v, wasm_i8x16_splat('"')), wasm_i8x16_eq(v, wasm_i8x16_splat('\\')));
    uint32_t stops = wasm_i8x16_bitmask(wasm_v128_or(marks, wasm_u8x16_lt(v, wasm_i8x16_splat(0x20))));
    if (!stops) {
      p += 16;
      continue;
    }
    p = ahead(p, (uint32_t)__builtin_ctz(stops));
    if (*p == '"') return p + 1;
    p = *p == '\\' ? escape(p) : 0;
  }
  return 0;
}

INLINE const uint8_t *digits(const uint8_t *p) {
  if (!is_digit(*p)) return 0;
  while (is_digit(*p)) p++;
  return p;
}

INLINE const uint8_t *number(const uint8_t *p) {
  if (*p == '-') p++;
  p = *p == '0' ? p + 1 : digits(p);
  if (p && *p == '.') p = digits(p + 1);
  if (p && (*p | 0x20) == 'e') {
    p++;
    if (*p == '+' || *p == '-') p++;
    p = digits(p);
  }
  return p;
}

INLINE uint32_t four(const uint8_t *p) {
  uint32_t bytes;
  __builtin_memcpy(&bytes, p, sizeof bytes);
  return bytes;
}

#define FOUR(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Notes a mark of the level that it stands on. */
#define MARK(level)                                                                                                      \
  do {                                                                                                                   \
    if ((int32_t)(level) <= levels) {                                                                                    \
      if (found == room) return TOO_MANY;                                                                                \
      out[found++] = (uint32_t)(p - text);                                                                               \
    }                                                                                                                    \
  } while (0)

/* How many positions were found, the same as `take` finds; or what is wrong. The text is one piece. */
__attribute__((export_name("judge"))) int32_t judge(uint8_t *text, uint32_t length) {
  const uint8_t *p = text;
  const int32_t levels = state.levels;
  const uint32_t room = state.room, max_depth = (uint32_t)state.max_depth;
  uint32_t *out = state.out;
  uint32_t depth = 0, found = 0;
  for (uint32_t i = 0; i < 16; i++) text[length + i] = 0;
value:
  p = skip_space(p);
  if (*p == '"') p = string(p + 1);
  else if (*p == '{' || *p == '[') {
    MARK(depth + 1);
    if (++depth > max_depth) return TOO_DEEP;
    uint8_t end = inside[depth] = *p + 2;
    p = skip_space(p + 1);
    if (*p == end) goto closed;
    if (end == '}') goto key;
    goto value;
  } else if (four(p) == FOUR('t', 'r', 'u', 'e') || four(p) == FOUR('n', 'u', 'l', 'l')) p += 4;
  else if (four(p) == FOUR('f', 'a', 'l', 's') && p[4] == 'e') p += 5;
  else p = number(p);
  if (!p) return INVALID;
after:
  p = skip_space(p);
  if (!depth) return p == text + length ? (int32_t)found : INVALID;
  if (*p == inside[depth]) goto closed;
  if (*p != ',') return INVALID;
  MARK(depth);
  p++;
  if (inside[depth] == ']') goto value;
  p = skip_space(p);
key:
  if (*p != '"') return INVALID;
  p = string(p + 1);
  if (!p) return INVALID;
  p = skip_space(p);
  if (*p != ':') return INVALID;
  MARK(depth);
  p++;
  goto value;
closed:
  MARK(depth);
  p++;
  depth--;
  goto after;
}
