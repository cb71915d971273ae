#pragma once
#include <stdint.h>
#include <string.h>

// Sixteen lanes at a time, in the compiler's own vector types: one source for every instruction set.

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int16_t i16x16 __attribute__((vector_size(32)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))
#define CONVERT(value, type) __builtin_convertvector(value, type)

// Passing wide vectors between functions has no stable ABI; all of these are inlined.
#pragma clang diagnostic ignored "-Wpsabi"
