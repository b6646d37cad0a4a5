namespace NetCompiler.Samples;

/// <summary>Something the user can put right; the message is shown as one line, without a stack trace.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
