/* Has libmodsecurity 3 write its audit log of one exchange, the one in modsecurity_test.go.
 *
 *   audit RULES_FILE
 */
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

#include <stdio.h>
#include <string.h>

#define BYTES(s) (const unsigned char *)(s), strlen(s)

/* The library prints what matched unless somebody takes it. */
static void quiet(void *data, const void *text)
{
    (void)data;
    (void)text;
}

int main(int argc, char **argv)
{
    const char *why = NULL;
    ModSecurity *ms = msc_init();
    RulesSet *rules = msc_create_rules_set();
    if (argc != 2 || msc_rules_add_file(rules, argv[1], &why) < 0) {
        fprintf(stderr, "audit: cannot read rules: %s\n", why ? why : "no file");
        return 1;
    }
    msc_set_log_cb(ms, quiet);
    Transaction *tx = msc_new_transaction(ms, rules, NULL);
    msc_process_connection(tx, "10.0.0.1", 40000, "10.0.0.2", 8080);
    msc_process_uri(tx, "/run?t=etc/passwd", "POST", "1.1");
    msc_add_n_request_header(tx, BYTES("Host"), BYTES("shop.svc"));
    msc_add_n_request_header(tx, BYTES("User-Agent"), BYTES("probe/1.0"));
    msc_add_n_request_header(tx, BYTES("Content-Type"), BYTES("application/x-www-form-urlencoded"));
    msc_add_n_request_header(tx, BYTES("Content-Length"), BYTES("3"));
    msc_process_request_headers(tx);
    msc_append_request_body(tx, BYTES("a=b"));
    msc_process_request_body(tx);
    msc_add_n_response_header(tx, BYTES("Content-Type"), BYTES("text/html"));
    msc_process_response_headers(tx, 403, "HTTP 1.1");
    msc_append_response_body(tx, BYTES("refused"));
    msc_process_response_body(tx);
    msc_process_logging(tx);
    msc_transaction_cleanup(tx);
    msc_rules_cleanup(rules);
    msc_cleanup(ms);
    return 0;
}
