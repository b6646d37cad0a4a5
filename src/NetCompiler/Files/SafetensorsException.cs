namespace NetCompiler;

/// <summary>A safetensors file is damaged, or does not fit the network. Nothing has been changed.</summary>
public sealed class SafetensorsException : IOException
{
    /// <summary>Makes the exception.</summary>
    public SafetensorsException()
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what was expected.</param>
    public SafetensorsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was found, what was expected.</param>
    /// <param name="innerException">What caused it.</param>
    public SafetensorsException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
