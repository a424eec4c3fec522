//go:build ignore

/* A party of the comparison: libmodsecurity 3, fed with exchanges that the Go side has written
 * (exchange.go). The line above keeps the Go compiler away.
 *
 *   modsecurity RULES_FILE
 *
 * reads commands from standard input and answers each with a line:
 *
 *   run FILE      seconds of processor time, seconds by the clock, and the indices of the exchanges that alarm
 *   match FILE    the index of each exchange with the ids of the rules that it matches: 0:920350,949110 7:941100
 *   memory        bytes resident
 */
#define _GNU_SOURCE
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "modsecurity: cannot %s: %s\n", what, why ? why : "unknown");
    exit(1);
}

/* What an exchange matches. More rules than there is room for are not told. */
struct found {
    int alarm;
    unsigned n;
    unsigned long ids[512];
};

/* The library calls this for each rule that matched and logs; text is borrowed. */
static void on_match(void *of, const void *text)
{
    struct found *found = of;
    const char *id = strstr(text, "[id \"");
    if (!id)
        return;
    unsigned long n = strtoul(id + 5, NULL, 10);
    if (n == 949110 || n == 959100)
        found->alarm = 1;
    if (found->n < sizeof found->ids / sizeof *found->ids)
        found->ids[found->n++] = n;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* A text is its length, its bytes and a NUL; it points into the file. */
struct text {
    const unsigned char *s;
    size_t n;
};

static uint32_t number(const unsigned char **at)
{
    uint32_t n;
    memcpy(&n, *at, sizeof n);
    *at += sizeof n;
    return n;
}

static struct text text(const unsigned char **at)
{
    struct text t;
    t.n = number(at);
    t.s = *at;
    *at += t.n + 1;
    return t;
}

typedef int add_header(Transaction *, const unsigned char *, size_t, const unsigned char *, size_t);

static void headers(Transaction *tx, const unsigned char **at, add_header *add)
{
    for (uint32_t n = number(at); n > 0; n--) {
        struct text name = text(at), value = text(at);
        add(tx, name.s, name.n, value.s, value.n);
    }
}

static const char *version(struct text protocol)
{
    const char *s = (const char *)protocol.s;
    return strncmp(s, "HTTP/", 5) == 0 ? s + 5 : s;
}

/* inspect takes one exchange through all phases. */
static void inspect(ModSecurity *ms, RulesSet *rules, const unsigned char **at, struct found *found)
{
    found->alarm = 0;
    found->n = 0;
    Transaction *tx = msc_new_transaction(ms, rules, found);
    struct text client = text(at);
    int client_port = (int)number(at);
    struct text server = text(at);
    int server_port = (int)number(at);
    struct text method = text(at), uri = text(at), protocol = text(at), body;
    text(at); /* the server's name, which the library takes from Host */
    msc_process_connection(tx, (const char *)client.s, client_port, (const char *)server.s, server_port);
    msc_process_uri(tx, (const char *)uri.s, (const char *)method.s, version(protocol));
    headers(tx, at, msc_add_n_request_header);
    msc_process_request_headers(tx);
    body = text(at);
    msc_append_request_body(tx, body.s, body.n);
    msc_process_request_body(tx);
    int status = (int)number(at);
    protocol = text(at);
    headers(tx, at, msc_add_n_response_header);
    msc_process_response_headers(tx, status, (const char *)protocol.s);
    body = text(at);
    msc_append_response_body(tx, body.s, body.n);
    msc_process_response_body(tx);
    msc_process_logging(tx);
    msc_transaction_cleanup(tx);
}

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END))
        fail("read", path);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *data = malloc(*size + 1);
    if (!data || fread(data, 1, *size, f) != *size)
        fail("read", path);
    fclose(f);
    return data;
}

static void run(ModSecurity *ms, RulesSet *rules, const char *path)
{
    size_t size;
    unsigned char *data = read_file(path, &size);
    const unsigned char *at = data;
    uint32_t n = number(&at);
    char *alarms = calloc(n + 1, 1);
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
    struct found found;
    for (uint32_t i = 0; i < n; i++) {
        inspect(ms, rules, &at, &found);
        alarms[i] = (char)found.alarm;
    }
    printf("%.9f %.9f", seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, seconds(CLOCK_MONOTONIC) - wall);
    if (at != data + size)
        fail("read", "the file has another length than its exchanges");
    for (uint32_t i = 0; i < n; i++)
        if (alarms[i])
            printf(" %u", i);
    putchar('\n');
    free(alarms);
    free(data);
}

static void match(ModSecurity *ms, RulesSet *rules, const char *path)
{
    size_t size;
    unsigned char *data = read_file(path, &size);
    const unsigned char *at = data;
    uint32_t n = number(&at);
    struct found found;
    for (uint32_t i = 0; i < n; i++) {
        inspect(ms, rules, &at, &found);
        for (unsigned j = 0; j < found.n; j++) {
            if (j == 0)
                printf("%s%u:", i > 0 ? " " : "", i);
            printf("%s%lu", j > 0 ? "," : "", found.ids[j]);
        }
    }
    putchar('\n');
    free(data);
}

static void memory(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        fail("read", "/proc/self/statm");
    fclose(f);
    printf("%ld\n", pages * sysconf(_SC_PAGESIZE));
}

int main(int argc, char **argv)
{
    const char *why = NULL;
    char line[4096];
    if (argc != 2)
        fail("start", "usage: modsecurity RULES_FILE");
    ModSecurity *ms = msc_init();
    msc_set_connector_info(ms, "msa peers");
    msc_set_log_cb(ms, on_match);
    RulesSet *rules = msc_create_rules_set();
    if (msc_rules_add_file(rules, argv[1], &why) < 0)
        fail("load rules", why);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, "run ", 4) == 0)
            run(ms, rules, line + 4);
        else if (strncmp(line, "match ", 6) == 0)
            match(ms, rules, line + 6);
        else if (strcmp(line, "memory") == 0)
            memory();
        else
            fail("obey", line);
        fflush(stdout);
    }
    msc_rules_cleanup(rules);
    msc_cleanup(ms);
    return 0;
}
