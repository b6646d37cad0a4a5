using System.Buffers.Binary;
using System.Globalization;
using System.Text.RegularExpressions;
using Digits.Data;
using SkiaSharp;

namespace Digits.Tests;

/// <summary>The program from its command line to its files.</summary>
public sealed partial class ProgramTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Task<ProgramRun> Run(params string[] args) => ProgramRun.OfAsync((console, _, errors) => Program.RunAsync(args, console, errors));

    /// <summary>Drawn digits as the four files of MNIST.</summary>
    private string WriteData(int train, int test)
    {
        var data = DrawnDigits.Make(train, test, seed: 11);
        foreach (var (set, (images, labels)) in new[] { (data.Train, DigitFolder.TrainNames), (data.Test, DigitFolder.TestNames) })
        {
            var (pixels, values) = (new MemoryStream(), new MemoryStream());
            Header(pixels, set.Count, 28, 28);
            Header(values, set.Count);
            for (var i = 0; i < set.Count; i++)
            {
                pixels.Write(set.Image(i));
                values.WriteByte((byte)set.Label(i));
            }
            File.WriteAllBytes(_folder.File(images), pixels.ToArray());
            File.WriteAllBytes(_folder.File(labels), values.ToArray());
        }
        return _folder.Path;
    }

    private static void Header(Stream stream, params int[] shape)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, 0x0800 + shape.Length);
        stream.Write(number);
        foreach (var size in shape)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, size);
            stream.Write(number);
        }
    }

    private string WriteDigit(int digit, int seed)
    {
        var pixels = new byte[784];
        DrawnDigits.Draw(digit, seed, pixels);
        using var bitmap = new SKBitmap(28 * 5, 28 * 5);
        for (var y = 0; y < bitmap.Height; y++)
        {
            for (var x = 0; x < bitmap.Width; x++)
            {
                var paper = (byte)(255 - pixels[y / 5 * 28 + x / 5]);
                bitmap.SetPixel(x, y, new SKColor(paper, paper, paper));
            }
        }
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        var path = _folder.File($"digit{digit}-{seed}.png");
        File.WriteAllBytes(path, png.ToArray());
        return path;
    }

    [Fact]
    public async Task Trains_tests_saves_and_reads_pictures_with_what_it_saved()
    {
        var data = WriteData(train: 3000, test: 300);
        var output = _folder.File("new/folder");
        var (code, text, errors) = await Run("--data", data, "--epochs", "3", "--batch", "32", "--output", output, "--seed", "5");
        Assert.Equal("", errors);
        Assert.Equal(0, code);
        Assert.Contains("epoch 3/3  done", text, StringComparison.Ordinal);
        var accuracy = double.Parse(Accuracy().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(accuracy, 90, 100);

        using (var picture = SKBitmap.Decode(Path.Combine(output, "digits.png")))
            Assert.InRange(picture.Height, 600, 3000);
        Assert.Single(Directory.GetFiles(output, "*.safetensors"));

        var right = 0;
        for (var digit = 0; digit < 10; digit++)
        {
            (code, text, errors) = await Run("predict", WriteDigit(digit, seed: 900 + digit), "--output", output);
            Assert.Equal((0, ""), (code, errors));
            right += text.Contains($"This is a {digit}.", StringComparison.Ordinal) ? 1 : 0;
        }
        Assert.InRange(right, 8, 10);
    }

    [Fact]
    public async Task The_same_seed_saves_the_same_bytes_on_one_thread_and_on_three()
    {
        var data = WriteData(train: 300, test: 20);
        byte[]? first = null;
        foreach (var threads in new[] { "1", "3", "1" })
        {
            var output = _folder.File("threads" + threads);
            Assert.Equal(0, (await Run("--data", data, "--epochs", "1", "--output", output, "--threads", threads)).Code);
            var bytes = await File.ReadAllBytesAsync(Path.Combine(output, "digits.safetensors"));
            Assert.Equal(first ??= bytes, bytes);
        }
    }

    [Fact]
    public async Task Mistakes_are_one_line_and_exit_code_1()
    {
        await File.WriteAllTextAsync(_folder.File("text.png"), "not a picture");
        await File.WriteAllTextAsync(_folder.File("digits.safetensors"), "not a network");
        Directory.CreateDirectory(_folder.File("broken"));
        foreach (var name in new[] { DigitFolder.TrainNames.Images, DigitFolder.TrainNames.Labels, DigitFolder.TestNames.Images, DigitFolder.TestNames.Labels })
            await File.WriteAllTextAsync(_folder.File("broken/" + name), "not IDX");
        foreach (var (args, expected) in new (string[], string)[]
        {
            (["--data", _folder.File("absent")], "no directory"),
            (["--data", _folder.Path], "has no train-images"),
            (["--data", _folder.File("broken")], "not an IDX file"),
            (["--epochs", "0"], "from 1 to 1000"),
            (["--output", ""], "--output is empty"),
            (["--drawn", "--output", _folder.File("text.png")], "Cannot write to the folder"),
            (["--batch", "many"], "many"),
            (["--unknown"], "--unknown"),
            (["predict", _folder.File("text.png"), "--output", _folder.File("absent")], "no network"),
            (["predict", _folder.File("text.png"), "--output", _folder.Path], "not a PNG"),
            (["predict", WriteDigit(3, 1), "--output", _folder.Path], "safetensors"),
        })
            (await Run(args)).HasFailed(expected);
    }

    [GeneratedRegex(@"Test accuracy: ([0-9.]+) %")]
    private static partial Regex Accuracy();
}
