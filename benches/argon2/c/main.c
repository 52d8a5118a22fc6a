/* What Argon2id costs, by libargon2: `main fresh|reused TIMES`. The line it prints is that of ../src/main.rs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "argon2.h"

static uint8_t *kept;
static size_t kept_size;

static int keep(uint8_t **memory, size_t size) {
    if (size > kept_size) {
        free(kept);
        kept = aligned_alloc(64, size);
        kept_size = kept ? size : 0;
    }
    *memory = kept;
    return kept ? ARGON2_OK : ARGON2_MEMORY_ALLOCATION_ERROR;
}

static void leave(uint8_t *memory, size_t size) {
    (void)memory;
    (void)size;
}

static double cpu(void) {
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1e3 + used.tv_nsec / 1e6;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fputs("fresh|reused TIMES\n", stderr);
        return 2;
    }
    int reused = strcmp(arguments[1], "reused") == 0, times = atoi(arguments[2]);
    double *costs = calloc(times + 1, sizeof *costs);
    uint8_t hash[32];
    for (int time = 0; time <= times; time++) {
        uint8_t password[] = "correct horse battery", salt[] = "sixteen of salt.";
        argon2_context context = {
            .out = hash, .outlen = sizeof hash, .pwd = password, .pwdlen = sizeof password - 1,
            .salt = salt, .saltlen = sizeof salt - 1, .t_cost = 2, .m_cost = 19456, .lanes = 1, .threads = 1,
            .version = ARGON2_VERSION_13, .allocate_cbk = reused ? keep : NULL, .free_cbk = reused ? leave : NULL,
        };
        double before = cpu();
        int code = argon2id_ctx(&context);
        costs[time] = cpu() - before;
        if (code != ARGON2_OK) {
            fprintf(stderr, "%s\n", argon2_error_message(code));
            return 1;
        }
    }
    for (size_t at = 0; at < sizeof hash; at++)
        printf("%02x", hash[at]);
    printf("\t\t");
    for (int time = 0; time <= times; time++)
        printf("%s%.3f", time ? " " : "", costs[time]);
    printf("\n");
    return 0;
}
