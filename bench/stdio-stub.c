/*
 * The server of the stdio lane: one line in, one line out, in MCP 2026-07-28 where a request says so and else in 2025-11-25. Lines are answered
 * in the order of their coming, and what came together is answered together. Trusts its peer. Usage: stdio-stub
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER (1024 * 1024)
/* What a whole answer to a short id has, in the newer revision. */
#define ANSWER 300

static char in[BUFFER], out[BUFFER];
static size_t written;

static void flush(void) {
  for (size_t done = 0; done < written;) {
    ssize_t bytes = write(1, out + done, written - done);
    if (bytes <= 0) exit(0);
    done += (size_t)bytes;
  }
  written = 0;
}

static int has(const char *line, size_t length, const char *word) { return memmem(line, length, word, strlen(word)) != NULL; }

static const char *find_id(const char *line, size_t length, size_t *id_length) {
  const char *key = memmem(line, length, "\"id\":", 5), *end = line + length;
  *id_length = 0;
  if (!key) return NULL;
  const char *start = key + 5, *at = start;
  if (at < end && *at == '"') {
    for (at++; at < end && *at != '"'; at++)
      if (*at == '\\') at++;
    at++;
  } else {
    while (at < end && *at != ',' && *at != '}' && *at != ' ') at++;
  }
  *id_length = (size_t)(at - start);
  return start;
}

static const char *lorem(int bytes) {
  static char text[ANSWER + 1];
  for (int i = 0; i < bytes; i++) text[i] = "lorem ipsum "[i % 12];
  text[bytes] = 0;
  return text;
}

static void answer(const char *line, size_t length) {
  static const char *TOOL = "{\"name\":\"echo\",\"description\":\"Says the same every time\",\"inputSchema\":{\"type\":\"object\"}}";
  size_t id_length;
  const char *id = find_id(line, length, &id_length);
  if (id_length == 0 || !has(line, length, "\"method\":")) return;
  int newer = has(line, length, "io.modelcontextprotocol/protocolVersion");
  const char *complete = newer ? "\"resultType\":\"complete\"," : "";
  const char *lives = newer ? ",\"ttlMs\":3600000,\"cacheScope\":\"public\"" : "";
  char *at = out + written;
  at += sprintf(at, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,", (int)id_length, id);
  if (has(line, length, "\"tools/call\""))
    at += sprintf(at, "\"result\":{%s\"content\":[{\"type\":\"text\",\"text\":\"%s\"}]}}", complete, lorem(ANSWER - 97));
  else if (has(line, length, "\"tools/list\""))
    at += sprintf(at, "\"result\":{%s\"tools\":[%s]%s}}", complete, TOOL, lives);
  else if (has(line, length, "\"initialize\""))
    at += sprintf(at,
                  "\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"stub\","
                  "\"version\":\"1.0.0\"}}}");
  else if (has(line, length, "\"server/discover\""))
    at += sprintf(at,
                  "\"result\":{%s\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}%s,\"_meta\":"
                  "{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"stub\",\"version\":\"1.0.0\"}}}}",
                  complete, lives);
  else if (has(line, length, "\"ping\""))
    at += sprintf(at, "\"result\":{}}");
  else
    at += sprintf(at, "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}");
  *at++ = '\n';
  written = (size_t)(at - out);
  if (written > BUFFER / 2) flush();
}

int main(void) {
  size_t used = 0;
  for (;;) {
    ssize_t got = read(0, in + used, BUFFER - used);
    if (got <= 0) return 0;
    used += (size_t)got;
    char *start = in, *end;
    while ((end = memchr(start, '\n', (size_t)(in + used - start)))) {
      answer(start, (size_t)(end - start));
      start = end + 1;
    }
    flush();
    used = (size_t)(in + used - start);
    memmove(in, start, used);
    if (used == BUFFER) return 1;
  }
}
