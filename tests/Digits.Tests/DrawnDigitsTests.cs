using Digits.Data;

namespace Digits.Tests;

public sealed class DrawnDigitsTests
{
    [Fact]
    public void The_same_seed_draws_the_same_digits_and_another_draws_others()
    {
        var (first, again, other) = (DrawnDigits.Make(40, 20, 5), DrawnDigits.Make(60, 20, 5), DrawnDigits.Make(40, 20, 6));
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(first.Train.Image(i), again.Train.Image(i));
            Assert.False(first.Train.Image(i).SequenceEqual(other.Train.Image(i)));
        }
        // What is tested on was never trained on.
        for (var i = 0; i < 20; i++)
            Assert.False(first.Train.Image(i).SequenceEqual(first.Test.Image(i)));
    }

    [Fact]
    public void All_ten_digits_come_equally_often()
    {
        var set = DrawnDigits.Make(200, 10, 1).Train;
        var counts = Enumerable.Range(0, 200).CountBy(set.Label).ToDictionary();
        Assert.Equal(10, counts.Count);
        Assert.All(counts.Values, count => Assert.Equal(20, count));
    }

    [Fact]
    public void Every_digit_is_ink_on_clean_paper_of_the_right_size_in_the_middle()
    {
        var set = DrawnDigits.Make(3000, 10, 9).Train;
        for (var n = 0; n < set.Count; n++)
        {
            double ink = 0, x = 0, y = 0;
            var (left, top, right, bottom) = (28, 28, -1, -1);
            var image = set.Image(n);
            for (var i = 0; i < image.Length; i++)
            {
                ink += image[i];
                x += image[i] * (i % 28 + 0.5);
                y += image[i] * (i / 28 + 0.5);
                if (image[i] > 60)
                    (left, top, right, bottom) = (Math.Min(left, i % 28), Math.Min(top, i / 28), Math.Max(right, i % 28), Math.Max(bottom, i / 28));
            }
            Assert.InRange(ink / 255 / 784, 0.02, 0.45);
            Assert.InRange(x / ink, 14, 15);
            Assert.InRange(y / ink, 14, 15);
            Assert.InRange(Math.Max(right - left, bottom - top) + 1, 17, 23);
            Assert.True(image.IndexOfAnyInRange((byte)150, (byte)255) >= 0, $"Digit {n} is faint.");
        }
    }
}
