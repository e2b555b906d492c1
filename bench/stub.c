/*
 * The upstream of every benchmark: one thread, epoll, canned answers of MCP 2026-07-28 with the request's own id. It reads heads just far
 * enough to find the body's end, and bodies just far enough to find method and id; it must cost less than whatever is measured before it.
 * Trusts its peer: for benchmarks on loopback only. Usage: stub PORT, where 0 takes a free one; prints the port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 65536
#define BUFFER (256 * 1024)
#define EVENTS 256
/* Of a whole tools/call answer, whatever its id. */
#define RESULT_BYTES 300

struct connection {
  size_t used;
  char bytes[BUFFER];
};

static struct connection *connections[MAX_CONNECTIONS];

static const char *DISCOVER =
    "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},\"ttlMs\":3600000,"
    "\"cacheScope\":\"public\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"stub\",\"version\":\"1.0.0\"}}}";
static const char *TOOLS =
    "{\"resultType\":\"complete\",\"tools\":[{\"name\":\"echo\",\"description\":\"Says the same every time\",\"inputSchema\":"
    "{\"type\":\"object\",\"properties\":{\"message\":{\"type\":\"string\"}}}}],\"ttlMs\":3600000,\"cacheScope\":\"public\"}";
static const char *CALL_HEAD = "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"";
static const char *CALL_TAIL = "\"}]}";

static void die(const char *what) {
  perror(what);
  exit(1);
}

/* The JSON value that follows `"id":`; the length is 0 for a notification. */
static const char *find_id(const char *body, size_t length, size_t *id_length) {
  const char *key = memmem(body, length, "\"id\":", 5);
  *id_length = 0;
  if (!key) return NULL;
  const char *start = key + 5, *end = body + length, *at = start;
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

static size_t write_answer(char *out, const char *body, size_t length) {
  static char result[RESULT_BYTES + 1];
  size_t id_length;
  const char *id = find_id(body, length, &id_length);
  if (id_length == 0) return (size_t)sprintf(out, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
  const char *status = "200 OK", *member = "result", *value = result;
  if (memmem(body, length, "\"tools/call\"", 12)) {
    /* {"jsonrpc":"2.0","id":,"result":} is 33 characters. */
    int filler = RESULT_BYTES - 33 - (int)id_length - (int)strlen(CALL_HEAD) - (int)strlen(CALL_TAIL);
    char *at = stpcpy(result, CALL_HEAD);
    for (int i = 0; i < filler; i++) *at++ = "lorem ipsum "[i % 12];
    strcpy(at, CALL_TAIL);
  } else if (memmem(body, length, "\"server/discover\"", 17)) {
    value = DISCOVER;
  } else if (memmem(body, length, "\"tools/list\"", 12)) {
    value = TOOLS;
  } else {
    status = "404 Not Found", member = "error", value = "{\"code\":-32601,\"message\":\"Method not found\"}";
  }
  size_t bytes = 33 - 6 + strlen(member) + id_length + strlen(value);
  return (size_t)sprintf(out,
                         "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
                         "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"%s\":%s}",
                         status, bytes, (int)id_length, id, member, value);
}

/* The value of Content-Length, or -1. */
static long body_length(const char *head, size_t length) {
  for (const char *line = head, *end = head + length; line < end;) {
    if (end - line > 15 && strncasecmp(line, "content-length:", 15) == 0) return strtol(line + 15, NULL, 10);
    const char *next = memchr(line, '\n', (size_t)(end - line));
    if (!next) return -1;
    line = next + 1;
  }
  return -1;
}

/* True when the request is a POST that is complete; says where its body stands and what is used up. */
static int complete(struct connection *c, char **body, size_t *length, size_t *taken) {
  char *end = memmem(c->bytes, c->used, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end + 4 - c->bytes);
  long announced = body_length(c->bytes, head);
  *body = end + 4;
  *length = announced < 0 ? 0 : (size_t)announced;
  *taken = head + *length;
  if (announced < 0 && memmem(c->bytes, head, "hunked", 6)) {
    /* One request at a time, so the last chunk ends what has been read. The envelope's keys are found in between. */
    if (c->used < head + 5 || memcmp(c->bytes + c->used - 5, "0\r\n\r\n", 5) != 0) return 0;
    *length = c->used - head;
    *taken = c->used;
  }
  return c->used >= *taken;
}

static void end_connection(int fd) {
  close(fd);
  free(connections[fd]);
  connections[fd] = NULL;
}

static void serve(int fd) {
  static char out[16 * 1024];
  struct connection *c = connections[fd];
  ssize_t got = read(fd, c->bytes + c->used, BUFFER - c->used);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    end_connection(fd);
    return;
  }
  c->used += (size_t)got;
  char *body;
  size_t length, taken;
  while (complete(c, &body, &length, &taken)) {
    size_t bytes = write_answer(out, body, length);
    if (write(fd, out, bytes) != (ssize_t)bytes) {
      end_connection(fd);
      return;
    }
    memmove(c->bytes, c->bytes + taken, c->used - taken);
    c->used -= taken;
  }
  if (c->used == BUFFER) end_connection(fd);
}

static void accept_one(int listener, int epoll) {
  int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  if (fd >= MAX_CONNECTIONS) {
    close(fd);
    return;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections[fd] = calloc(1, sizeof(struct connection));
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  address.sin_port = htons((unsigned short)(argc > 1 ? atoi(argv[1]) : 0));
  socklen_t size = sizeof address;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, size) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd == listener) accept_one(listener, epoll);
      else serve(events[i].data.fd);
    }
  }
}
