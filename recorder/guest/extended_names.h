// Names of allocation functions that only one allocator has, by the shape of their arguments. In the extended library
// alone: a program that asks whether `mallocx` is there must not find ours where there is none.
#pragma once

// clang-format off
// name, number of the argument that is a size, number of the one that multiplies it (or none)
#define HEAPTAPE_EXTENDED_ALLOCS(each)                                                                       \
  each(mallocx, 0, kNone)                                                                                    \
  each(tc_malloc, 0, kNone) each(tc_malloc_skip_new_handler, 0, kNone) each(tc_calloc, 1, 0)                 \
  each(tc_memalign, 1, kNone) each(tc_valloc, 0, kNone) each(tc_pvalloc, 0, kNone)                           \
  each(tc_new, 0, kNone) each(tc_new_nothrow, 0, kNone) each(tc_newarray, 0, kNone)                          \
  each(tc_newarray_nothrow, 0, kNone) each(tc_new_aligned, 0, kNone) each(tc_new_aligned_nothrow, 0, kNone)  \
  each(tc_newarray_aligned, 0, kNone) each(tc_newarray_aligned_nothrow, 0, kNone)                            \
  each(mi_malloc, 0, kNone) each(mi_malloc_small, 0, kNone) each(mi_zalloc, 0, kNone)                        \
  each(mi_zalloc_small, 0, kNone) each(mi_calloc, 1, 0) each(mi_mallocn, 1, 0)                               \
  each(mi_malloc_aligned, 0, kNone) each(mi_malloc_aligned_at, 0, kNone) each(mi_zalloc_aligned, 0, kNone)   \
  each(mi_zalloc_aligned_at, 0, kNone) each(mi_calloc_aligned, 1, 0) each(mi_calloc_aligned_at, 1, 0)        \
  each(mi_memalign, 1, kNone) each(mi_aligned_alloc, 1, kNone) each(mi_valloc, 0, kNone)                     \
  each(mi_pvalloc, 0, kNone) each(mi_new, 0, kNone) each(mi_new_nothrow, 0, kNone)                           \
  each(mi_new_aligned, 0, kNone) each(mi_new_aligned_nothrow, 0, kNone) each(mi_new_n, 1, 0)                 \
  each(mi_heap_malloc, 1, kNone) each(mi_heap_malloc_small, 1, kNone) each(mi_heap_zalloc, 1, kNone)         \
  each(mi_heap_calloc, 2, 1) each(mi_heap_mallocn, 2, 1) each(mi_heap_malloc_aligned, 1, kNone)              \
  each(mi_heap_malloc_aligned_at, 1, kNone) each(mi_heap_zalloc_aligned, 1, kNone)                           \
  each(mi_heap_zalloc_aligned_at, 1, kNone) each(mi_heap_calloc_aligned, 2, 1)                               \
  each(mi_heap_calloc_aligned_at, 2, 1)

// … number of the argument that is the block
#define HEAPTAPE_EXTENDED_REALLOCS(each)                                                                     \
  each(rallocx, 0, 1, kNone) each(tc_realloc, 0, 1, kNone)                                                   \
  each(mi_realloc, 0, 1, kNone) each(mi_reallocn, 0, 2, 1) each(mi_rezalloc, 0, 1, kNone)                    \
  each(mi_recalloc, 0, 2, 1) each(mi_realloc_aligned, 0, 1, kNone) each(mi_realloc_aligned_at, 0, 1, kNone)  \
  each(mi_rezalloc_aligned, 0, 1, kNone) each(mi_rezalloc_aligned_at, 0, 1, kNone)                           \
  each(mi_recalloc_aligned, 0, 2, 1) each(mi_recalloc_aligned_at, 0, 2, 1) each(mi_reallocarray, 0, 2, 1)    \
  each(mi_new_realloc, 0, 1, kNone) each(mi_new_reallocn, 0, 2, 1)                                           \
  each(mi_heap_realloc, 1, 2, kNone) each(mi_heap_reallocn, 1, 3, 2) each(mi_heap_rezalloc, 1, 2, kNone)     \
  each(mi_heap_recalloc, 1, 3, 2) each(mi_heap_realloc_aligned, 1, 2, kNone)

// The block is the first argument.
#define HEAPTAPE_EXTENDED_FREES(each)                                                                        \
  each(dallocx) each(sdallocx)                                                                               \
  each(tc_free) each(tc_free_sized) each(tc_cfree) each(tc_delete) each(tc_delete_sized)                     \
  each(tc_delete_nothrow) each(tc_deletearray) each(tc_deletearray_sized) each(tc_deletearray_nothrow)       \
  each(tc_delete_aligned) each(tc_delete_sized_aligned) each(tc_delete_aligned_nothrow)                      \
  each(tc_deletearray_aligned) each(tc_deletearray_sized_aligned) each(tc_deletearray_aligned_nothrow)       \
  each(mi_free) each(mi_cfree) each(mi_free_size) each(mi_free_size_aligned) each(mi_free_aligned)
// clang-format on
