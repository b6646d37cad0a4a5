using System.Text;
using System.Text.Json;
using Scorer.Serving;

namespace Scorer.LoadTest;

/// <summary>
/// What was answered, kept to be checked when the load is over: an answer must have exactly the scores that the network which it names gives, to the
/// last bit. One made of two networks would not. (Checked at once, each network would be in the caches for the service's next call.)
/// </summary>
internal sealed class Answers
{
    private readonly List<(Body Body, int Network, int First)> _answers = new(1 << 18);
    private readonly List<float> _scores = new(1 << 20);

    /// <summary>How many were not as they should be.</summary>
    public int Failures { get; private set; }

    /// <summary>The first of these.</summary>
    public string? FirstFailure { get; private set; }

    public void Add(Body asked, int status, ReadOnlySpan<byte> answer)
    {
        var (first, network) = (_scores.Count, 0);
        if (status == 200)
        {
            var json = new Utf8JsonReader(answer);
            for (var isNetwork = false; json.Read();)
            {
                if (json.TokenType == JsonTokenType.PropertyName)
                    isNetwork = json.ValueTextEquals("network"u8);
                else if (json.TokenType == JsonTokenType.Number && isNetwork)
                    network = json.GetInt32();
                else if (json.TokenType == JsonTokenType.Number)
                    _scores.Add(json.GetSingle());
            }
        }
        if (network == 0 || _scores.Count - first != asked.Rows)
            Fail($"{asked.Rows} rows were answered with {status}: {Encoding.UTF8.GetString(answer)}");
        else
            _answers.Add((asked, network, first));
    }

    public void Fail(string what)
    {
        Failures++;
        FirstFailure ??= what;
    }

    /// <summary>Computes every score again; those that differ are failures.</summary>
    /// <param name="networks">All that were published.</param>
    /// <returns>How many networks gave answers.</returns>
    public int Check(IReadOnlyDictionary<int, RiskNet> networks)
    {
        var seen = new HashSet<int>();
        var scores = new float[_answers.Count == 0 ? 0 : _answers.Max(a => a.Body.Rows)];
        foreach (var (body, number, first) in _answers)
        {
            if (!networks.TryGetValue(number, out var network))
            {
                Fail($"An answer names network {number}, which was never published.");
                continue;
            }
            seen.Add(number);
            network.Forward(body.Features, scores.AsSpan(0, body.Rows));
            for (var i = 0; i < body.Rows; i++)
            {
                var (given, expected) = (_scores[first + i], Endpoints.Probability(scores[i]));
                if (BitConverter.SingleToInt32Bits(given) == BitConverter.SingleToInt32Bits(expected))
                    continue;
                Fail($"Row {i} of {body.Rows} was given {given:R}; network {number} gives {expected:R}.");
                break;
            }
        }
        return seen.Count;
    }
}
