namespace Digits.Data;

/// <summary>The four IDX files of MNIST, or of a set made like it, in one folder.</summary>
internal static class DigitFolder
{
    public static readonly (string Images, string Labels) TrainNames = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte");
    public static readonly (string Images, string Labels) TestNames = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");

    /// <exception cref="UserErrorException">The folder or a file is missing, or a file is not what it should be.</exception>
    public static DigitData Read(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserErrorException($"There is no directory {folder}; --data wants one with {TrainNames.Images}(.gz) and its three companions.");
        var train = ReadSet(folder, TrainNames);
        var test = ReadSet(folder, TestNames);
        return new DigitData(train, test, $"{folder} ({train.Count:N0} digits to learn from, {test.Count:N0} to be tested on)");
    }

    private static DigitSet ReadSet(string folder, (string Images, string Labels) names)
    {
        var imagePath = Find(folder, names.Images);
        var labelPath = Find(folder, names.Labels);
        var (shape, pixels) = IdxFile.Read(imagePath, dimensions: 3);
        if (shape[1] != DigitSet.Side || shape[2] != DigitSet.Side)
            throw new UserErrorException($"{imagePath} has images of {shape[1]}x{shape[2]} pixels; the network reads {DigitSet.Side}x{DigitSet.Side}.");
        var (_, labels) = IdxFile.Read(labelPath, dimensions: 1);
        if (labels.Length != shape[0])
            throw new UserErrorException($"{imagePath} has {shape[0]} images, but {labelPath} has {labels.Length} labels.");
        var wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)9);
        if (wrong >= 0)
            throw new UserErrorException($"Label {wrong} of {labelPath} is {labels[wrong]}; digits are 0 to 9.");
        return new DigitSet(pixels, labels);
    }

    private static string Find(string folder, string name)
    {
        // Some copies are unpacked with a dot where the archive has a dash.
        foreach (var candidate in new[] { name, name + ".gz", name.Replace("-idx", ".idx", StringComparison.Ordinal) })
        {
            var path = Path.Combine(folder, candidate);
            if (File.Exists(path))
                return path;
        }
        throw new UserErrorException($"{folder} has no {name} (or {name}.gz).");
    }
}
