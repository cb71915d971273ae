// The steps that the kernels are made of. Included once for each instruction set.

INLINE u8x16 load(const uint8_t *p) { u8x16 v; memcpy(&v, p, 16); return v; }
INLINE void store(uint8_t *p, u8x16 v) { memcpy(p, &v, 16); }
INLINE u16x16 widen(u8x16 v) { return CONVERT(v, u16x16); }
INLINE u16x16 all(unsigned value) { return (u16x16){} + (uint16_t)value; }

// The upper halves of the products.
INLINE i16x16 multiply_high(i16x16 a, i16x16 b) { return CONVERT((CONVERT(a, i32x16) * CONVERT(b, i32x16)) >> 16, i16x16); }
INLINE u16x16 multiply_high_unsigned(u16x16 a, u16x16 b) { return CONVERT((CONVERT(a, u32x16) * CONVERT(b, u32x16)) >> 16, u16x16); }

INLINE i16x16 choose(i16x16 condition, i16x16 yes, i16x16 no) { return (condition & yes) | (~condition & no); }

// Adds the squares.
INLINE i32x16 add_squares(i32x16 sum, i16x16 v) { i32x16 wide = CONVERT(v, i32x16); return sum + wide * wide; }

INLINE f32x16 maximum(f32x16 a, f32x16 b) { return __builtin_elementwise_max(a, b); }
