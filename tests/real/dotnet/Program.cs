using Real;
using Real.Vectors;

// The real packages as a process that tests drive: a verb, its arguments, JSON lines in and out.
switch (args)
{
    case ["vectors", var inputs, var vectors]:
        await VectorFile.MakeAsync(inputs, vectors);
        break;
    default:
        Console.Error.WriteLine("vectors INPUTS VECTORS");
        return 2;
}
return 0;
