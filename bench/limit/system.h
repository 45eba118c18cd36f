/* What both programs ask of Linux: clock, CPU time, memory, descriptors, a core, events. */
#pragma once
#include <stdint.h>
#include <sys/epoll.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000LL
#define NEVER INT64_MAX

int64_t now_ns(void);                 /* CLOCK_MONOTONIC: one clock for all processes of a machine */
const char *iso_time(void);           /* wall clock in UTC, such as 2026-01-31T12:00:00Z */
double own_cpu_s(void);               /* user and system time of this process */
long rss_kb(void);                    /* resident memory now */
long max_rss_kb(void);                /* its peak */
long raise_descriptor_limit(void);    /* RLIMIT_NOFILE to its hard limit, which is returned */
void pin_to_core(int core);           /* a negative core: left alone */
void precise_timers(void);            /* without this Linux may wake us 50 us late on purpose */

/* Listens on an IPv4 address, without blocking; port 0: a free one. Tells address and port on standard error. */
int listen_on(const char *host, int port);
int accept_connection(int listener); /* without Nagle's delay, without blocking; -1: none is waiting */

/* The same towards a server; the event that it is writable tells the end of it. `source`: IPv4 address, 0: any. */
int start_connection(const char *host, int port, uint32_t source);
int connection_error(int fd); /* errno; 0: connected */

void watch(int epoll, int fd, uint32_t events, void *context);

/* SIGINT and SIGTERM become an event like any other, so none can come at a wrong moment. Returns its descriptor. */
int watch_signals(int epoll, void *context);

/* Waits for events until wake_ns (NEVER: for ever; a time gone by: not at all). */
int wait_events(int epoll, struct epoll_event *events, int max, int64_t wake_ns);

/* Of a process, the sum of its threads: user and system time, and the time in which it could run but had no core. */
struct cpu_time {
    double used_s, waited_s;
};
struct cpu_time process_cpu_time(int pid); /* zero if it is gone */

void fail(int exit_code, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Exit codes, as the load tester has them. */
enum { EXIT_VERDICT = 99, EXIT_OPTIONS = 104, EXIT_UNREACHABLE = 111 };
