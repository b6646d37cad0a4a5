// Stands in for the runtime, to test the start-up check without another processor: the check runs before main, and asks these.
#include <stdio.h>
#include <stdlib.h>

extern const int g_requiredCpuFeatures;
const int g_requiredCpuFeatures = 3;

int minipal_getcpufeatures(void);
int minipal_getcpufeatures(void)
{
    const char *available = getenv("AVAILABLE");
    return available ? atoi(available) : 0;
}

int main(void)
{
    puts("started");
    return 0;
}
