//! Units of measurement: which names mean which, and how they convert.

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    Data,
    Time,
    Length,
    Area,
    Mass,
    Power,
    Energy,
    Frequency,
    Volume,
    Speed,
    Temperature,
    Voltage,
    Flow,
    Pressure,
    Rotation,
}

/// A unit, by its size in the first unit of its dimension.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    pub dimension: Dimension,
    pub size: f64,
}

/// dimension, size, names. Multiples of bytes are powers of 1024, as settings of software mean them.
type Line = (Dimension, f64, &'static str);

const KIB: f64 = 1024.0;

#[rustfmt::skip]
const UNITS: [Line; 62] = [
    (Dimension::Data, 1.0, "B|byte|bytes|octets"),
    (Dimension::Data, KIB, "kB|KB|KiB|kilobyte|kilobytes|kbytes|kibibytes"),
    (Dimension::Data, KIB * KIB, "MB|MiB|megabyte|megabytes|mbytes|mebibytes"),
    (Dimension::Data, KIB * KIB * KIB, "GB|GiB|gigabyte|gigabytes|gbytes|gibibytes"),
    (Dimension::Data, KIB * KIB * KIB * KIB, "TB|TiB|terabyte|terabytes|tebibytes"),
    (Dimension::Time, 1e-9, "ns|nanosecond|nanoseconds"),
    (Dimension::Time, 1e-6, "us|µs|μs|microsecond|microseconds"),
    (Dimension::Time, 1e-3, "ms|msec|msecs|millisecond|milliseconds"),
    (Dimension::Time, 1.0, "s|sec|secs|second|seconds"),
    (Dimension::Time, 60.0, "min|mins|minute|minutes"),
    (Dimension::Time, 3600.0, "h|hr|hrs|hour|hours"),
    (Dimension::Time, 86_400.0, "d|day|days"),
    (Dimension::Time, 604_800.0, "week|weeks"),
    (Dimension::Time, 2_629_746.0, "month|months"),
    (Dimension::Time, 31_556_952.0, "year|years|yrs"),
    (Dimension::Length, 1e-3, "mm|millimetre|millimetres|millimeter|millimeters"),
    (Dimension::Length, 1e-2, "cm|centimetre|centimetres|centimeter|centimeters"),
    (Dimension::Length, 1.0, "m|metre|metres|meter|meters"),
    (Dimension::Length, 1e3, "km|kilometre|kilometres|kilometer|kilometers"),
    (Dimension::Length, 1609.344, "mi|mile|miles"),
    (Dimension::Length, 0.3048, "ft|foot|feet"),
    (Dimension::Length, 0.0254, "inch|inches"),
    (Dimension::Area, 1.0, "m²|m2|square metres|square meters|sqm"),
    (Dimension::Area, 1e4, "ha|hectare|hectares"),
    (Dimension::Area, 1e6, "km²|km2|square kilometres|square kilometers"),
    (Dimension::Area, 2_589_988.0, "square miles|sq mi"),
    (Dimension::Mass, 1e-3, "mg|milligram|milligrams"),
    (Dimension::Mass, 1.0, "g|gram|grams|grammes"),
    (Dimension::Mass, 1e3, "kg|kilogram|kilograms"),
    (Dimension::Mass, 1e6, "t|tonne|tonnes|tons"),
    (Dimension::Mass, 453.592, "lb|lbs|pound|pounds"),
    (Dimension::Power, 1.0, "W|watt|watts"),
    (Dimension::Power, 1e3, "kW|kilowatt|kilowatts"),
    (Dimension::Power, 1e6, "MW|megawatt|megawatts"),
    (Dimension::Power, 1e9, "GW|gigawatt|gigawatts"),
    (Dimension::Energy, 1.0, "Wh|watt hours"),
    (Dimension::Energy, 1e3, "kWh|kilowatt hours|kilowatt-hours"),
    (Dimension::Energy, 1e6, "MWh|megawatt hours"),
    (Dimension::Energy, 1e9, "GWh|gigawatt hours"),
    (Dimension::Frequency, 1.0, "Hz|hertz"),
    (Dimension::Frequency, 1e3, "kHz|kilohertz"),
    (Dimension::Frequency, 1e6, "MHz|megahertz"),
    (Dimension::Frequency, 1e9, "GHz|gigahertz"),
    (Dimension::Volume, 1e-3, "ml|mL|millilitre|millilitres|milliliters"),
    (Dimension::Volume, 1.0, "l|L|litre|litres|liter|liters"),
    (Dimension::Volume, 1e3, "m³|m3|cubic metres|cubic meters"),
    (Dimension::Speed, 1.0, "km/h|kph"),
    (Dimension::Speed, 1.609_344, "mph|miles per hour"),
    (Dimension::Speed, 3.6, "m/s"),
    (Dimension::Temperature, 1.0, "°C|degrees Celsius|celsius"),
    (Dimension::Voltage, 1e-3, "mV|millivolts"),
    (Dimension::Voltage, 1.0, "V|volt|volts"),
    (Dimension::Flow, 1.0, "l/min|L/min|lpm|litres per minute|liters per minute|litres a minute"),
    (Dimension::Flow, 60.0, "l/s|L/s|litres per second|liters per second"),
    (Dimension::Flow, 1.0 / 60.0, "l/h|L/h|litres per hour|liters per hour"),
    (Dimension::Flow, 1000.0 / 60.0, "m³/h|m3/h|cubic metres per hour|cubic meters per hour"),
    (Dimension::Flow, 3.785_411_784, "gpm|gallons per minute"),
    (Dimension::Pressure, 1.0, "bar"),
    (Dimension::Pressure, 1e-3, "mbar|millibar|hPa"),
    (Dimension::Pressure, 0.01, "kPa|kilopascal|kilopascals"),
    (Dimension::Pressure, 0.068_947_57, "psi"),
    (Dimension::Rotation, 1.0, "rpm|revolutions per minute"),
];

/// The unit a text begins with, and how long its name is. Names of up to two letters must be written as
/// they are listed; `is_glued` says that nothing stands between number and text.
pub fn find_leading(text: &str, is_glued: bool) -> Option<(Unit, usize)> {
    let mut best: Option<(Unit, usize)> = None;
    for (dimension, size, names) in &UNITS {
        for name in names.split('|') {
            let Some(head) = text.get(..name.len()) else { continue };
            let is_short = name.chars().count() <= 2;
            let is_same = head == name || (!is_short && head.eq_ignore_ascii_case(name));
            let ends = !text[name.len()..].starts_with(|c: char| c.is_alphanumeric());
            // A lone letter after a space is seldom a unit.
            let rest = &text[name.len()..];
            let is_last = rest.is_empty() || rest.starts_with([',', '.', ';', ')', '\n', '|']);
            let is_plausible =
                name.len() > 1 || is_glued || is_last || matches!(name, "V" | "W" | "g" | "B");
            if is_same && ends && is_plausible && best.is_none_or(|(_, length)| name.len() > length)
            {
                best = Some((Unit { dimension: *dimension, size: *size }, name.len()));
            }
        }
    }
    best
}

/// The unit that a description asks for: `in megabytes`, `timeout_ms`, `size (MB)`.
pub fn find_asked(name: &str, description: &str) -> Option<Unit> {
    let last = name.rsplit(['_', '-', ' ']).next().unwrap_or_default();
    let from_name = (last.len() < name.len()).then(|| asked(last)).flatten();
    let mut before = "";
    let mut from_text = None;
    for word in description.split([' ', ',', ';', '.', '\n']) {
        let bare =
            word.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '²' | '°' | '³'));
        let is_marked = matches!(before, "in" | "of" | "as") || word.starts_with('(');
        if is_marked && from_text.is_none() {
            from_text = asked(bare);
        }
        before = bare;
    }
    from_text.or(from_name)
}

fn asked(word: &str) -> Option<Unit> {
    if word.is_empty()
        || matches!(word, "year" | "day" | "month" | "t" | "d" | "h" | "l" | "m" | "b")
    {
        return None;
    }
    // Letters that are also scales or words are no units in names.
    let known = |word: &str| {
        find_leading(word, true).filter(|(_, length)| *length == word.len()).map(|(unit, _)| unit)
    };
    // `timeout_ms`, `size_mb`: names of fields are in lower case.
    known(word).or_else(|| match word {
        "mb" => known("MB"),
        "kb" => known("kB"),
        "gb" => known("GB"),
        "tb" => known("TB"),
        "mhz" => known("MHz"),
        "ghz" => known("GHz"),
        "kw" => known("kW"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_wins_and_case_tells_short_ones_apart() {
        assert_eq!(find_leading("MB of", true).unwrap().1, 2);
        assert_eq!(
            find_leading("minutes", false),
            find_leading("min", true).map(|(unit, _)| (unit, 7))
        );
        assert_eq!(find_leading("ms,", true).unwrap().1, 2);
        assert!(find_leading("Mb", true).is_none());
        assert!(find_leading("s of", false).is_none());
    }

    #[test]
    fn a_description_asks_for_a_unit() {
        let unit = |name| find_leading(name, true).map(|(unit, _)| unit);
        assert_eq!(find_asked("size", "how large, in megabytes"), unit("MB"));
        assert_eq!(find_asked("timeout_ms", ""), unit("ms"));
        assert_eq!(find_asked("height", "height (m)"), None);
        assert_eq!(find_asked("height", "height in km"), unit("km"));
    }
}
