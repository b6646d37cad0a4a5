using System.Globalization;
using System.Text.RegularExpressions;
using Listener.Audio;
using Listener.Data;

namespace Listener.Tests;

/// <summary>The program from its command line to what it hears.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_learns_the_sounds_that_it_makes_and_hears_them()
    {
        var trained = await Run("train", "--output", _folder.Path, "--steps", "160", "--threads", "2");
        Assert.Equal("", trained.Errors);
        Assert.Equal(0, trained.Code);
        var right = Right().Matches(trained.Output).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(6, right.Length);
        Assert.True(right[^1] >= 95, $"{right[^1]} % of the sounds are heard right.");

        // One of each, which it has not heard before; a beginning is enough to be wrong about one or another.
        var heard = await Run("listen", _folder.File("sounds.wav"), "--output", _folder.Path);
        Assert.Equal(0, heard.Code);
        Assert.Contains(" at 8000 Hz", heard.Output, StringComparison.Ordinal);
        var names = heard.Output[(heard.Output.IndexOf("heard: ", StringComparison.Ordinal) + 7)..].Trim().Split(", ");
        Assert.True(names.Intersect(MadeSounds.Make(1, 1).Words).Count() >= 8, heard.Output);

        // The same sound in stereo at another rate.
        var wide = _folder.File("wide.wav");
        var sound = WavFile.Read(_folder.File("sounds.wav"));
        WavFile.Write(wide, Resampler.Resample(sound.Samples, 8000, 44100), 44100);
        Assert.Contains(string.Join(", ", names[..4]), (await Run("listen", wide, "--output", _folder.Path)).Output, StringComparison.Ordinal);

        var ear = Ear.Load(_folder.File("listener.safetensors"));
        StreamIsWhole(ear, sound.Samples.AsSpan(0, Ear.InputSize));
    }

    /// <summary>Hop by hop the network hears what it hears in a whole sequence.</summary>
    private static void StreamIsWhole(Ear ear, ReadOnlySpan<float> wave)
    {
        var (whole, state, step) = (new float[Ear.OutputSize], ear.CreateState(), new float[Ear.Words + 1]);
        ear.Forward(wave, whole);
        for (var t = 0; t < Ear.Results; t++)
        {
            ear.Step(state, wave.Slice(t * Ear.Stride, Ear.Stride), step);
            for (var c = 0; c < step.Length; c++) Assert.Equal(whole[(t * step.Length) + c], step[c], 1e-3);
        }
    }

    [Fact]
    public async Task What_is_wrong_is_said_in_a_line()
    {
        await Fails("--help", "train", "--wrong");
        await Fails("There is no folder", "train", "--data", _folder.File("absent"));
        await Fails("no file with a name like word_speaker_number.wav", "--data", _folder.Path);
        await Fails("Cannot parse argument 'many'", "--steps", "many");
        await Fails("--steps must be at least 1, not 0", "--steps", "0");
        await Fails("There is no network", "listen", "some.wav", "--output", _folder.Path);
        await Fails("Required argument missing", "listen");

        WavFile.Write(_folder.File("yes_me_5.wav"), new float[800], 8000);
        await Fails("1 recordings to learn from, with numbers from 5 on, and 0 held out", "train", "--data", _folder.Path);
        for (var word = 0; word < 11; word++) WavFile.Write(_folder.File($"{(char)('a' + word)}_me_0.wav"), new float[800], 8000);
        await Fails("there are 12 words; the network tells 10 apart", "train", "--data", _folder.Path);
        File.WriteAllText(_folder.File("a_me_1.wav"), "This is a text, not a sound.");
        for (var word = 1; word < 11; word++) File.Delete(_folder.File($"{(char)('a' + word)}_me_0.wav"));
        await Fails("a_me_1.wav' cannot be read as WAV: at byte 0, 'RIFF' must be here, not 'This'", "train", "--data", _folder.Path);

        new Ear(1).Save(_folder.File("listener.safetensors"));
        File.WriteAllLines(_folder.File("listener.words"), ["a"]);
        await Fails("There is no file 'absent.wav'", "listen", "absent.wav", "--output", _folder.Path);
        await Fails("'RIFF' must be here", "listen", _folder.File("a_me_1.wav"), "--output", _folder.Path);
        File.WriteAllText(_folder.File("listener.safetensors"), "no network");
        await Fails("listener.safetensors", "listen", _folder.File("yes_me_5.wav"), "--output", _folder.Path);
    }

    [Fact]
    public async Task Ctrl_C_ends_the_training()
    {
        var training = await ProgramRun.StoppedAsync((console, _, errors, stop) => Program.RunAsync(["--steps", "1000000", "--output", _folder.Path], console, errors, stop));
        Assert.Equal(130, training.Code);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void Files_are_words_by_their_names_and_held_out_by_their_numbers()
    {
        Directory.CreateDirectory(_folder.File("below"));
        foreach (var name in new[] { "yes_me_0", "yes_me_5", "no_you_and_me_12", "below/no_me_4", "other", "no_x" })
            WavFile.Write(_folder.File(name + ".wav"), new float[400], 16000);
        var recordings = Recordings.Read(_folder.Path);
        Assert.Equal(["no", "yes"], recordings.Words);
        Assert.Equal([0, 1], recordings.Learning.Select(r => r.Word));
        Assert.Equal([0, 1], recordings.HeldOut.Select(r => r.Word));
        Assert.All(recordings.Learning, r => Assert.Equal(200, r.Samples.Length));
    }

    [SkippableFact]
    public void The_digits_are_600_and_300()
    {
        var recordings = Recordings.Read(Repository.RequireData("audio"));
        Assert.Equal(Enumerable.Range(0, 10).Select(d => d.ToString(CultureInfo.InvariantCulture)), recordings.Words);
        Assert.Equal((600, 300), (recordings.Learning.Count, recordings.HeldOut.Count));
        Assert.All(recordings.HeldOut, r => Assert.Matches("_[0-4]\\.wav$", r.Source));
    }

    [Fact]
    public void Scenes_are_drawn_by_seed_and_say_what_is_in_them()
    {
        var recordings = MadeSounds.Make(5, 1);
        var (inputs, labels) = (new float[4 * Ear.InputSize], new int[4 * Ear.Results]);
        var (again, sameLabels) = (new float[4 * Ear.InputSize], new int[4 * Ear.Results]);
        new Scenes(recordings.Learning, 7).Draw(inputs, labels);
        new Scenes(recordings.Learning, 7).Draw(again, sameLabels);
        Assert.Equal(inputs, again);
        Assert.Equal(labels, sameLabels);
        Assert.All(inputs, s => Assert.InRange(MathF.Abs(s), 0, 1.2f));
        Assert.Contains(labels, l => l > 0);
        Assert.Contains(labels, l => l == 0);
        Assert.All(labels, l => Assert.InRange(l, 0, Ear.Words));
    }

    private static async Task Fails(string message, params string[] args) => (await Run(args)).HasFailed(message);

    private static Task<ProgramRun> Run(params string[] args) => ProgramRun.OfAsync((console, _, errors) => Program.RunAsync(args, console, errors));

    [GeneratedRegex(@"held out ([0-9.]+) %")]
    private static partial Regex Right();
}
