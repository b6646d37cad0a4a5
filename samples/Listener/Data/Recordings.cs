using System.Text.RegularExpressions;
using Listener.Audio;

namespace Listener.Data;

/// <summary>One word, spoken once.</summary>
/// <param name="Word">Which of the words.</param>
/// <param name="Samples">The sound, at the ear's rate.</param>
/// <param name="Source">Where it is from.</param>
internal sealed record Recording(int Word, float[] Samples, string Source);

/// <summary>What there is to learn: words, recordings to learn from, and others to see how well.</summary>
internal sealed partial record Recordings(string Name, IReadOnlyList<string> Words, IReadOnlyList<Recording> Learning, IReadOnlyList<Recording> HeldOut)
{
    /// <summary>Recordings with a number below this are held out.</summary>
    private const int FirstLearned = 5;

    /// <summary>
    /// Reads a folder with files <c>word_speaker_number.wav</c>, here or in folders below, as the Free Spoken Digit Dataset has them. Numbers 0 to 4 of each word and speaker are held
    /// out.
    /// </summary>
    public static Recordings Read(string folder)
    {
        if (!Directory.Exists(folder)) throw new UserErrorException($"There is no folder '{folder}'. Give --data a folder with files word_speaker_number.wav, or leave it out: then it learns sounds that it makes itself.");
        var files = Directory.EnumerateFiles(folder, "*.wav", SearchOption.AllDirectories)
            .Select(path => (path, name: FileName().Match(Path.GetFileName(path))))
            .Where(f => f.name.Success).OrderBy(f => f.path, StringComparer.Ordinal).ToList();
        if (files.Count == 0) throw new UserErrorException($"In '{folder}' there is no file with a name like word_speaker_number.wav, such as 7_jackson_0.wav.");
        string[] words = [.. files.Select(f => f.name.Groups["word"].Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (words.Length > Ear.Words) throw new UserErrorException($"In '{folder}' there are {words.Length} words; the network tells {Ear.Words} apart.");

        var (learning, heldOut) = (new List<Recording>(), new List<Recording>());
        foreach (var (path, name) in files)
        {
            var recording = new Recording(Array.IndexOf(words, name.Groups["word"].Value), WavFile.Read(path).ForEar(), path);
            (int.Parse(name.Groups["number"].Value, System.Globalization.CultureInfo.InvariantCulture) < FirstLearned ? heldOut : learning).Add(recording);
        }

        if (learning.Count == 0 || heldOut.Count == 0)
            throw new UserErrorException($"In '{folder}' there are {learning.Count} recordings to learn from, with numbers from {FirstLearned} on, and {heldOut.Count} held out, below; some of each are needed.");
        return new(folder, words, learning, heldOut);
    }

    [GeneratedRegex("^(?<word>[^_]+)_(?<speaker>.+)_(?<number>[0-9]{1,6})\\.wav$", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex FileName();
}
