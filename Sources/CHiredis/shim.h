#pragma once
#include <hiredis/hiredis.h>

// What Swift cannot import by itself, and nothing else: C arrays inside structs come in as tuples, and macros with
// arguments do not come in at all. No memory is owned here.

/// The reader's error text; it lives as long as the reader.
static inline const char *chiredis_reader_error_text(const redisReader *reader) { return reader->errstr; }

/// REDIS_ERR_* of the reader; 0 while it is healthy.
static inline int chiredis_reader_error_code(const redisReader *reader) { return reader->err; }

/// Bytes that were fed and not parsed yet.
static inline size_t chiredis_reader_unparsed(const redisReader *reader) { return reader->len - reader->pos; }

/// Element `index` of an array reply; the caller has checked `index < elements`.
static inline const redisReply *chiredis_reply_element(const redisReply *reply, size_t index) {
  return reply->element[index];
}
