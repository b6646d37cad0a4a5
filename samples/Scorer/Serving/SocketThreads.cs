namespace Scorer.Serving;

/// <summary>
/// Has requests answered by the thread that sees their bytes come. Otherwise .NET hands each to a thread of the pool, which costs a change of threads,
/// and often one of processors, whose caches have nothing of the service.
/// </summary>
internal static class SocketThreads
{
    /// <summary>
    /// For the whole process, so for programs whose continuations never block; to be called before the first socket is made. A setting from outside stays.
    /// </summary>
    public static void AnswerRequests()
    {
        // .NET has no other way of saying so than these variables.
        Set("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", 1);

        // A processor is left for training.
        Set("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", Math.Max(1, Environment.ProcessorCount - 1));
    }

    private static void Set(string variable, int value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable)))
            Environment.SetEnvironmentVariable(variable, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
