// Linked into native AOT programs on Linux x64 (NetCompiler.NativeAot.targets). Runs before the runtime and makes its check of the processor: the
// runtime would abort, this exits. No header is included, so that a compiler without the C library's files will do.

// The runtime's own. Weak: in a version without them there is nothing to do here.
extern const int g_requiredCpuFeatures __attribute__((weak));
extern int minipal_getcpufeatures(void) __attribute__((weak));

extern long write(int file, const void *text, unsigned long length);
extern void _exit(int code) __attribute__((noreturn));

#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...) TEXT_OF(__VA_ARGS__)

// What a shell calls "found, but cannot be executed".
enum { CANNOT_EXECUTE = 126 };

__attribute__((constructor(101))) static void netcompiler_check_processor(void)
{
    static const char message[] =
        "This program was compiled for processors with " TEXT(NETCOMPILER_BASELINE) ", and this processor lacks a part of that.\n"
        "Run it on another one, or publish it with a lower NetCompilerInstructionSet (x86-64-v3, or none for any processor).\n";

    if (!&g_requiredCpuFeatures || !minipal_getcpufeatures) return;
    int required = g_requiredCpuFeatures;
    if ((minipal_getcpufeatures() & required) == required) return;
    if (write(2, message, sizeof message - 1) < 0) { /* nobody is listening; the exit code says it too */ }
    _exit(CANNOT_EXECUTE);
}
