namespace Forecast;

/// <summary>Something that the user can mend; the message says how.</summary>
internal sealed class UserErrorException(string message) : Exception(message);
