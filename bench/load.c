/*
 * Load that wrk cannot make: a fixed number of calls, or calls at a fixed rate whose latency counts from the time at which each was due, so that
 * a subject that stalls is charged for all that waited (open loop). One thread, epoll, one call at a time on each connection; understands answers
 * with Content-Length or chunks. Usage: load PORT CONNECTIONS CALLS RATE < REQUEST, where RATE 0 is as fast as answers come; then each hundredth
 * part of the calls is told on a line. The last line is the report.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 4096
#define BUFFER (64 * 1024)
#define REQUEST (256 * 1024)
#define SECOND 1000000000ull
/* Beyond it whatever is measured hangs. */
#define SILENCE (20 * SECOND)

struct connection {
  int fd;
  uint64_t due;
  /* Of the answer: bytes of the head so far, then what is still to come; -1 where the end is a last chunk. */
  size_t head;
  long left;
  int succeeded;
  char bytes[BUFFER];
};

static char request[REQUEST];
static size_t request_length;
static struct connection *idle[MAX_CONNECTIONS];
static size_t idle_count, first_idle, connection_count;
static uint64_t *latencies;
static uint64_t done, errors;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

static struct connection *connect_one(int port, int epoll) {
  struct connection *c = calloc(1, sizeof *c);
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)port)};
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &event);
  return c;
}

/* First idle, first used: every connection takes its turn. */
static void put_idle(struct connection *c) { idle[(first_idle + idle_count++) % connection_count] = c; }

static struct connection *take_idle(void) {
  struct connection *c = idle[first_idle];
  first_idle = (first_idle + 1) % connection_count;
  idle_count--;
  return c;
}

static void send_one(struct connection *c, uint64_t due) {
  c->due = due;
  c->head = 0;
  c->left = 0;
  for (size_t sent = 0; sent < request_length;) {
    ssize_t bytes = write(c->fd, request + sent, request_length - sent);
    if (bytes < 0) die("write");
    sent += (size_t)bytes;
  }
}

/* How much is still to come after a head that is whole; -1 for chunks. */
static long body_length(struct connection *c, size_t head) {
  for (char *line = c->bytes, *end = c->bytes + head; line && line < end; line = memchr(line, '\n', (size_t)(end - line)), line = line ? line + 1 : NULL) {
    if (end - line > 15 && strncasecmp(line, "content-length:", 15) == 0) return strtol(line + 15, NULL, 10);
    if (end - line > 18 && strncasecmp(line, "transfer-encoding:", 18) == 0) return -1;
  }
  return 0;
}

/* True when the answer has come. */
static int receive(struct connection *c) {
  size_t at = c->left > 0 ? 0 : c->head;
  ssize_t got = recv(c->fd, c->bytes + at, BUFFER - at, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) die("the connection was closed");
  if (c->left > 0) return (c->left -= got) <= 0;
  c->head += (size_t)got;
  char *end = memmem(c->bytes, c->head, "\r\n\r\n", 4);
  if (!end) return 0;
  size_t head = (size_t)(end + 4 - c->bytes);
  c->succeeded = strncmp(c->bytes, "HTTP/1.1 200 ", 13) == 0;
  long length = body_length(c, head);
  if (length < 0) return c->head >= head + 5 && memcmp(c->bytes + c->head - 5, "0\r\n\r\n", 5) == 0;
  c->left = length - (long)(c->head - head);
  return c->left <= 0;
}

static int by_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static double millis(double part) {
  uint64_t at = (uint64_t)(part * (double)done);
  return (double)latencies[at < done ? at : done - 1] / 1e6;
}

static void finish(struct connection *c, uint64_t at) {
  if (!c->succeeded) errors++;
  latencies[done++] = at - c->due;
  put_idle(c);
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int port = atoi(argv[1]);
  uint64_t calls = strtoull(argv[3], NULL, 10), rate = strtoull(argv[4], NULL, 10), sent = 0, told = 0;
  connection_count = strtoul(argv[2], NULL, 10);
  if (connection_count == 0 || connection_count > MAX_CONNECTIONS || calls == 0) return 2;
  for (ssize_t got; (got = read(0, request + request_length, REQUEST - request_length)) > 0;) request_length += (size_t)got;
  latencies = malloc(calls * sizeof *latencies);
  if (!latencies) die("malloc");
  /* A timer that is 50 µs late, as timers are, would be measured. */
  prctl(PR_SET_TIMERSLACK, 1);
  int epoll = epoll_create1(0);
  for (size_t i = 0; i < connection_count; i++) put_idle(connect_one(port, epoll));

  struct epoll_event events[256];
  uint64_t start = now(), heard = start;
  while (done < calls) {
    uint64_t at = now(), due = at;
    while (sent < calls && idle_count > 0) {
      due = rate ? start + sent * SECOND / rate : at;
      if (due > at) break;
      send_one(take_idle(), due);
      sent++;
    }
    uint64_t wait = sent < calls && idle_count > 0 && due > at ? due - at : SECOND;
    struct timespec timeout = {.tv_sec = (time_t)(wait / SECOND), .tv_nsec = (long)(wait % SECOND)};
    int ready = epoll_pwait2(epoll, events, 256, &timeout, NULL);
    at = now();
    if (ready > 0) heard = at;
    else if (sent > done && at - heard > SILENCE) errno = ETIMEDOUT, die("no answer");
    for (int i = 0; i < ready; i++)
      if (receive(events[i].data.ptr)) finish(events[i].data.ptr, now());
    if (!rate && done - told >= calls / 100 && done < calls) {
      told = done;
      printf("%llu\n", (unsigned long long)told);
      fflush(stdout);
    }
  }
  double seconds = (double)(now() - start) / 1e9;
  qsort(latencies, done, sizeof *latencies, by_size);
  printf("{\"calls\":%llu,\"errors\":%llu,\"seconds\":%.3f,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"p999Ms\":%.4f,\"maxMs\":%.4f}\n",
         (unsigned long long)done, (unsigned long long)errors, seconds, millis(0.5), millis(0.99), millis(0.999), millis(1));
  return 0;
}
