/* The vectors of FIPS 180-4 and RFC 4648, and the lengths at which the padding changes. */
#include "engine/base/sha256.h"

#include <check.h>
#include <string.h>

Suite *base_sha256_suite(void);

/* Those that the standard does not have are from sha256sum(1). */
START_TEST(sha256__gives_what_the_standard_gives)
{
    static const struct {
        size_t count; /* of 'a'; 0: the text */
        const char *text, *hash;
    } vectors[] = {
        {0, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {0, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {0, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {1, NULL, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
        {55, NULL, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, NULL, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, NULL, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, NULL, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, NULL, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, NULL, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, NULL, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
        {128, NULL, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
        {1000 * 1000, NULL, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        size_t length = vectors[i].count ? vectors[i].count : strlen(vectors[i].text);
        char *bytes = arena_alloc(arena, length + 1);
        if (vectors[i].count)
            memset(bytes, 'a', length);
        else
            memcpy(bytes, vectors[i].text, length);
        ck_assert_str_eq(sha256_text(arena, bytes, length), vectors[i].hash);
    }
}
END_TEST

Suite *base_sha256_suite(void)
{
    Suite *suite = suite_create("base/sha256");
    TCase *tcase = tcase_create("sha256");
    tcase_add_test(tcase, sha256__gives_what_the_standard_gives);
    suite_add_tcase(suite, tcase);
    return suite;
}
