using System.Text;
using NetCompiler;

namespace Writer;

/// <summary>
/// Continues a text token by token. The network remembers <see cref="Gpt.Context"/> tokens; when it is full, it is given the last half of them anew.
/// </summary>
internal sealed class Continuation(Gpt network, Vocabulary vocabulary, Sampler sampler)
{
    private readonly Gpt.State state = network.CreateState();
    private readonly float[] logits = new float[Gpt.Vocabulary];
    private readonly List<int> all = [];

    /// <summary>Writes what may follow the prompt, as it comes.</summary>
    /// <param name="prompt">What to continue; what the vocabulary does not have is left out.</param>
    /// <param name="count">How many tokens.</param>
    /// <param name="output">Where to.</param>
    /// <param name="cancellation">Ends it.</param>
    public void Write(string prompt, int count, TextWriter output, CancellationToken cancellation)
    {
        int[] tokens = Known(prompt);
        all.AddRange(tokens.Length > 0 ? tokens : [0]);
        Remember(Math.Min(all.Count, Gpt.Context));
        Decoder decoder = Encoding.UTF8.GetDecoder();
        Span<char> characters = stackalloc char[64];
        for (int i = 0; i < count && !cancellation.IsCancellationRequested; i++)
        {
            // Tokens beyond the vocabulary are never right, so they have learned to be improbable; they are not drawn at all.
            int token = sampler.Sample(logits.AsSpan(0, vocabulary.Count), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all)[^Math.Min(all.Count, Gpt.Context)..]);
            all.Add(token);
            ReadOnlySpan<byte> bytes = vocabulary.Bytes(token);
            while (bytes.Length > 0)
            {
                decoder.Convert(bytes, characters, flush: false, out int used, out int written, out _);
                output.Write(characters[..written]);
                bytes = bytes[used..];
            }

            output.Flush();
            if (state.Position == Gpt.Context) Remember(Gpt.Context / 2);
            else network.Step(state, token, logits);
        }
    }

    /// <summary>Begins anew with the last tokens.</summary>
    private void Remember(int count)
    {
        state.Reset();
        network.Prefill(state, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(all)[^count..], logits);
    }

    private int[] Known(string prompt) => vocabulary is CharacterVocabulary characters
        ? characters.Encode(string.Concat(prompt.EnumerateRunes().Where(characters.Contains)))
        : vocabulary.Encode(prompt);
}
