/*
 * The upstream of every benchmark: one thread, epoll, canned answers of MCP 2026-07-28 with the request's own id. The path says what a tool
 * answers, the header `Mcp-Method` what is asked; of a body it looks for the id alone. It must cost less than whatever is measured before it.
 * Trusts its peer: for benchmarks on loopback only. Usage: stub PORT, where 0 takes a free one; prints the port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
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
/* {"jsonrpc":"2.0","id":1,"result":}, so that a whole answer to a short id has the size that its workload is called after. */
#define ENVELOPE 34
#define SHORT 300
#define LONG (20 * 1024)

struct connection {
  size_t used;
  char bytes[BUFFER];
};

struct text {
  const char *at;
  size_t length;
};

struct request {
  struct text path, method, name, body;
  size_t taken;
};

static struct connection *connections[MAX_CONNECTIONS];
static char brief[SHORT + 1], prose[LONG + 1], items[LONG + 1];

#define TOOL(name, description) \
  "{\"name\":\"" name "\",\"description\":\"" description "\",\"inputSchema\":{\"type\":\"object\"}}"
static const char *DISCOVER =
    "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{\"listChanged\":true}},"
    "\"ttlMs\":3600000,\"cacheScope\":\"public\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{\"name\":\"stub\","
    "\"version\":\"1.0.0\"}}}";
static const char *TOOLS =
    "{\"resultType\":\"complete\",\"tools\":[" TOOL("echo", "Says the same every time") "," TOOL("mirror", "Gives back its arguments")
    "],\"ttlMs\":3600000,\"cacheScope\":\"public\"}";
static const char *TEXT_HEAD = "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"";
static const char *TEXT_TAIL = "\"}]}";
static const char *ITEMS_HEAD = "{\"resultType\":\"complete\",\"content\":[],\"structuredContent\":{\"items\":[";
static const char *ITEMS_TAIL = "\"}}";
static const char *MIRROR_HEAD = "{\"resultType\":\"complete\",\"content\":[],\"structuredContent\":";

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void fill(char *at, const char *end) {
  for (int i = 0; at < end; i++) *at++ = "lorem ipsum "[i % 12];
}

static void make_text(char *out, size_t size) {
  char *at = stpcpy(out, TEXT_HEAD), *end = out + size - ENVELOPE - strlen(TEXT_TAIL);
  fill(at, end);
  strcpy(end, TEXT_TAIL);
}

/* Many small values; what is left over is said by one string. */
static void make_items(char *out, size_t size) {
  char *at = stpcpy(out, ITEMS_HEAD), *end = out + size - ENVELOPE - strlen(ITEMS_TAIL);
  for (int i = 0; end - at > 160; i++)
    at += sprintf(at, "%s{\"number\":%d,\"name\":\"item %d\",\"price\":%d.25,\"sold\":%s,\"tags\":[\"a%d\",\"b\"],\"more\":null}",
                  i ? "," : "", i, i, i * 7, i % 2 ? "true" : "false", i % 9);
  at = stpcpy(at, "],\"rest\":\"");
  fill(at, end);
  strcpy(end, ITEMS_TAIL);
}

static int is(struct text text, const char *word) {
  return text.length == strlen(word) && memcmp(text.at, word, text.length) == 0;
}

/* The JSON value that follows `"id":`; empty for a notification. Keys of arguments must not be called so. */
static struct text find_id(struct text body) {
  const char *key = memmem(body.at, body.length, "\"id\":", 5), *end = body.at + body.length;
  if (!key) return (struct text){NULL, 0};
  const char *start = key + 5, *at = start;
  if (at < end && *at == '"') {
    for (at++; at < end && *at != '"'; at++)
      if (*at == '\\') at++;
    at++;
  } else {
    while (at < end && *at != ',' && *at != '}' && *at != ' ') at++;
  }
  return (struct text){start, (size_t)(at - start)};
}

/* The object behind `"arguments":`, for the untimed check of what arrives. */
static struct text find_arguments(struct text body) {
  const char *key = memmem(body.at, body.length, "\"arguments\":", 12), *end = body.at + body.length;
  if (!key) return (struct text){"null", 4};
  const char *start = key + 12, *at = start;
  int depth = 0, quoted = 0;
  for (; at < end; at++) {
    if (quoted) {
      if (*at == '\\') at++;
      else if (*at == '"') quoted = 0;
    } else if (*at == '"') quoted = 1;
    else if (*at == '{' || *at == '[') depth++;
    else if ((*at == '}' || *at == ']') && --depth == 0) return (struct text){start, (size_t)(at + 1 - start)};
  }
  return (struct text){"null", 4};
}

static size_t write_json(char *out, struct text id, const char *member, struct text value) {
  size_t bytes = ENVELOPE - 7 + strlen(member) + id.length + value.length;
  size_t head = (size_t)sprintf(out,
                                "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
                                "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"%s\":",
                                *member == 'r' ? "200 OK" : "404 Not Found", bytes, (int)id.length, id.at, member);
  memcpy(out + head, value.at, value.length);
  out[head + value.length] = '}';
  return head + value.length + 1;
}

/* A stream of one event; ended at once where it is an answer. */
static size_t write_event(char *out, const char *message, int ends) {
  return (size_t)sprintf(out,
                         "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n%zx\r\nevent: message\ndata: %s\n\n\r\n%s",
                         strlen("event: message\ndata: \n\n") + strlen(message), message, ends ? "0\r\n\r\n" : "");
}

static size_t write_result_event(char *out, struct text id) {
  char message[SHORT + 128];
  snprintf(message, sizeof message, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":%s}", (int)id.length, id.at, brief);
  return write_event(out, message, 1);
}

static size_t write_acknowledgement(char *out, struct text id) {
  char message[512];
  snprintf(message, sizeof message,
           "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"_meta\":"
           "{\"io.modelcontextprotocol/subscriptionId\":%.*s},\"notifications\":{\"toolsListChanged\":true}}}",
           (int)id.length, id.at);
  return write_event(out, message, 0);
}

static size_t write_answer(char *out, struct request *request) {
  static char mirrored[BUFFER];
  struct text id = find_id(request->body);
  if (id.length == 0) return (size_t)sprintf(out, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
  if (is(request->method, "tools/call")) {
    if (is(request->name, "mirror")) {
      struct text arguments = find_arguments(request->body);
      int bytes = sprintf(mirrored, "%s%.*s}", MIRROR_HEAD, (int)arguments.length, arguments.at);
      return write_json(out, id, "result", (struct text){mirrored, (size_t)bytes});
    }
    if (is(request->path, "/sse-300b")) return write_result_event(out, id);
    if (is(request->path, "/text-20kb")) return write_json(out, id, "result", (struct text){prose, LONG - ENVELOPE});
    if (is(request->path, "/json-20kb")) return write_json(out, id, "result", (struct text){items, LONG - ENVELOPE});
    return write_json(out, id, "result", (struct text){brief, SHORT - ENVELOPE});
  }
  if (is(request->method, "server/discover")) return write_json(out, id, "result", (struct text){DISCOVER, strlen(DISCOVER)});
  if (is(request->method, "tools/list")) return write_json(out, id, "result", (struct text){TOOLS, strlen(TOOLS)});
  if (is(request->method, "subscriptions/listen")) return write_acknowledgement(out, id);
  const char *error = "{\"code\":-32601,\"message\":\"Method not found\"}";
  return write_json(out, id, "error", (struct text){error, strlen(error)});
}

static struct text value_of(const char *line, const char *end, size_t name) {
  const char *at = line + name;
  while (at < end && *at == ' ') at++;
  return (struct text){at, (size_t)(end - at)};
}

/* True when the request is complete. Bodies have a Content-Length. */
static int complete(struct connection *c, struct request *request) {
  char *end = memmem(c->bytes, c->used, "\r\n\r\n", 4);
  if (!end) return 0;
  *request = (struct request){0};
  char *space = memchr(c->bytes, ' ', (size_t)(end - c->bytes));
  char *line = memchr(c->bytes, '\r', c->used);
  char *after = space ? memchr(space + 1, ' ', (size_t)(end - space - 1)) : NULL;
  if (after) request->path = (struct text){space + 1, (size_t)(after - space - 1)};
  while (line < end) {
    char *start = line + 2;
    line = memchr(start, '\r', (size_t)(end + 1 - start));
    size_t length = (size_t)(line - start);
    if (length > 15 && strncasecmp(start, "content-length:", 15) == 0) request->body.length = strtoul(start + 15, NULL, 10);
    else if (length > 11 && strncasecmp(start, "mcp-method:", 11) == 0) request->method = value_of(start, line, 11);
    else if (length > 9 && strncasecmp(start, "mcp-name:", 9) == 0) request->name = value_of(start, line, 9);
  }
  request->body.at = end + 4;
  request->taken = (size_t)(end + 4 - c->bytes) + request->body.length;
  return c->used >= request->taken;
}

static void end_connection(int fd) {
  close(fd);
  free(connections[fd]);
  connections[fd] = NULL;
}

/* A peer that does not read holds up everybody; it is one of ours. */
static int write_all(int fd, const char *at, size_t left) {
  while (left > 0) {
    ssize_t written = write(fd, at, left);
    if (written < 0 && errno == EAGAIN) {
      struct pollfd writable = {.fd = fd, .events = POLLOUT};
      if (poll(&writable, 1, 5000) <= 0) return -1;
    } else if (written < 0 && errno != EINTR) {
      return -1;
    } else if (written > 0) {
      at += written;
      left -= (size_t)written;
    }
  }
  return 0;
}

static void serve(int fd) {
  static char out[2 * BUFFER];
  struct connection *c = connections[fd];
  ssize_t got = read(fd, c->bytes + c->used, BUFFER - c->used);
  if (got <= 0) {
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    end_connection(fd);
    return;
  }
  c->used += (size_t)got;
  struct request request;
  while (complete(c, &request)) {
    if (write_all(fd, out, write_answer(out, &request)) < 0) {
      end_connection(fd);
      return;
    }
    c->used -= request.taken;
    if (c->used > 0) memmove(c->bytes, c->bytes + request.taken, c->used);
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
  make_text(brief, SHORT);
  make_text(prose, LONG);
  make_items(items, LONG);
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
