//! The table of units. Each row is a promise: its names keep their meaning.
//!
//! Factors are exact wherever the definition is. The sources: "SI" is the SI Brochure, 9th edition (2019); "NIST" is NIST
//! Special Publication 811 (2008) with its conversion factors; "IYP" is the international yard and pound agreement of
//! 1959; "US" is NIST Handbook 44, appendix C; "IAU" are resolutions of the International Astronomical Union; "IEC" is IEC
//! 80000-13.

use super::prefix::Prefixes::{self, Decimal, DecimalAndBinary};

/// A unit: a row of the table.
#[derive(Debug)]
pub struct UnitRow {
    /// The name, in the singular.
    pub name: &'static str,
    /// The plural of the name. If it is empty, an `s` is added to the name.
    pub plural: &'static str,
    /// The symbols, which take prefixes of symbols. The first one is shown. If there is none, the name is.
    pub symbols: &'static [&'static str],
    /// Other names, which take prefixes of names.
    pub aliases: &'static [&'static str],
    /// The prefixes that the unit may have.
    pub(in crate::engine) prefixes: Prefixes,
    /// The factor of `of`: a decimal or a fraction, after `pi` if it has this factor. Empty for a base unit.
    pub factor: &'static str,
    /// The units by which this unit is defined, such as `kg m/s^2`. Empty for a base unit and for a plain number.
    pub of: &'static str,
    /// The name of the quantity that the unit measures, such as `length`.
    pub measures: &'static str,
    /// The source of the definition, as the table names it.
    pub source: &'static str,
}

/// The columns of a row that many rows leave empty.
const PLAIN: UnitRow = UnitRow {
    name: "",
    plural: "",
    symbols: &[],
    aliases: &[],
    prefixes: Prefixes::None,
    factor: "1",
    of: "",
    measures: "",
    source: "",
};

const fn base(
    name: &'static str,
    symbols: &'static [&'static str],
    measures: &'static str,
) -> UnitRow {
    UnitRow {
        name,
        symbols,
        prefixes: Decimal,
        factor: "",
        measures,
        source: "SI",
        ..PLAIN
    }
}

/// A unit of the SI that is defined without a factor.
const fn derived(
    name: &'static str,
    symbols: &'static [&'static str],
    of: &'static str,
    measures: &'static str,
) -> UnitRow {
    UnitRow {
        name,
        symbols,
        prefixes: Decimal,
        of,
        measures,
        source: "SI",
        ..PLAIN
    }
}

const fn unit(
    name: &'static str,
    symbols: &'static [&'static str],
    factor: &'static str,
    of: &'static str,
    measures: &'static str,
    source: &'static str,
) -> UnitRow {
    UnitRow {
        name,
        symbols,
        factor,
        of,
        measures,
        source,
        ..PLAIN
    }
}

impl UnitRow {
    const fn plural(self, plural: &'static str) -> Self {
        Self { plural, ..self }
    }

    const fn aliases(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    const fn prefixes(self, prefixes: Prefixes) -> Self {
        Self { prefixes, ..self }
    }

    /// Returns all names but the plural: the symbols, the shown one first, then the names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        let names = self.symbols.iter().chain([&self.name]).chain(self.aliases);
        names.copied()
    }

    /// Returns the definition as text, such as `1760 yd`.
    #[must_use]
    pub fn definition(&self) -> String {
        if self.is_base() {
            return "a base unit".into();
        }
        let factor = match self.factor.split_once(' ') {
            Some(("pi", factor)) => match factor.split_once('/') {
                Some(("1", below)) => format!("pi/{below}"),
                _ => format!("{factor} pi"),
            },
            Some((_, factor)) => format!("{factor}/pi"),
            None => self.factor.to_owned(),
        };
        match factor.as_str() {
            "1" if !self.of.is_empty() => self.of.to_owned(),
            _ => format!("{factor} {}", self.of).trim_end().to_owned(),
        }
    }

    /// Returns which prefixes the unit takes, as text. Empty if it takes none.
    #[must_use]
    pub fn prefix_text(&self) -> &'static str {
        match self.prefixes {
            Prefixes::None => "",
            Decimal => "with the prefixes of the SI",
            DecimalAndBinary => "with the prefixes of the SI and with Ki, Mi, Gi and so on",
        }
    }

    /// Whether the unit is defined by no other unit.
    pub(in crate::engine) fn is_base(&self) -> bool {
        self.factor.is_empty()
    }
}

/// The units. Quantities store the index of a row.
pub static UNITS: &[UnitRow] = &[
    // Base units. The kilogram is a gram with a prefix.
    base("metre", &["m"], "length").aliases(&["meter", "meters"]),
    base("gram", &["g"], "mass").aliases(&["gramme", "grammes"]),
    base("second", &["s"], "time").aliases(&["sec", "secs"]),
    base("ampere", &["A"], "current").aliases(&["amp", "amps"]),
    base("kelvin", &["K"], "temperature").plural("kelvins"),
    base("mole", &["mol"], "amount of substance"),
    base("candela", &["cd"], "luminous intensity"),
    base("radian", &["rad"], "angle"),
    UnitRow {
        source: "IEC",
        ..base("bit", &["bit"], "information")
    }
    .prefixes(DecimalAndBinary),
    // Derived units of the SI.
    derived("newton", &["N"], "kg m/s^2", "force"),
    derived("pascal", &["Pa"], "N/m^2", "pressure"),
    derived("joule", &["J"], "N m", "energy"),
    derived("watt", &["W"], "J/s", "power"),
    derived("coulomb", &["C"], "A s", "charge"),
    derived("volt", &["V"], "W/A", "voltage"),
    derived("ohm", &["Ω", "Ω"], "V/A", "resistance"),
    derived("siemens", &["S"], "A/V", "conductance").plural("siemens"),
    derived("farad", &["F"], "C/V", "capacitance"),
    derived("henry", &["H"], "V s/A", "inductance")
        .plural("henries")
        .aliases(&["henrys"]),
    derived("weber", &["Wb"], "V s", "magnetic flux"),
    derived("tesla", &["T"], "Wb/m^2", "magnetic flux density"),
    derived("hertz", &["Hz"], "s^-1", "frequency").plural("hertz"),
    derived("steradian", &["sr"], "rad^2", "solid angle"),
    derived("lumen", &["lm"], "cd sr", "luminous flux"),
    derived("lux", &["lx"], "lm/m^2", "illuminance").plural("lux"),
    derived("becquerel", &["Bq"], "s^-1", "radioactivity"),
    derived("gray", &["Gy"], "J/kg", "absorbed dose"),
    derived("sievert", &["Sv"], "J/kg", "dose equivalent"),
    derived("katal", &["kat"], "mol/s", "catalytic activity"),
    // Units that the SI accepts.
    unit("minute", &["min"], "60", "s", "time", "SI").aliases(&["mins"]),
    unit("hour", &["h"], "60", "min", "time", "SI").aliases(&["hr", "hrs"]),
    unit("day", &["d"], "24", "h", "time", "SI"),
    unit("degree", &["°", "deg"], "pi 1/180", "rad", "angle", "SI").aliases(&["degs"]),
    unit("arcminute", &["arcmin"], "1/60", "°", "angle", "SI"),
    unit("arcsecond", &["arcsec"], "1/60", "arcmin", "angle", "SI").prefixes(Prefixes::None),
    unit(
        "milliarcsecond",
        &["mas"],
        "1/1000",
        "arcsec",
        "angle",
        "SI",
    ),
    unit("hectare", &["ha"], "10000", "m^2", "area", "SI"),
    unit("litre", &["L", "l", "ℓ"], "0.001", "m^3", "volume", "SI")
        .aliases(&["liter", "liters"])
        .prefixes(Decimal),
    unit("tonne", &["t"], "1000", "kg", "mass", "SI")
        .aliases(&["metric_ton", "metric_tons"])
        .prefixes(Decimal),
    unit(
        "electronvolt",
        &["eV"],
        "1.602176634e-19",
        "J",
        "energy",
        "SI",
    )
    .prefixes(Decimal)
    .aliases(&["electron_volt", "electron_volts"]),
    unit(
        "astronomical_unit",
        &["au", "AU"],
        "149597870700",
        "m",
        "length",
        "IAU",
    ),
    unit("week", &["wk"], "7", "d", "time", "NIST"),
    unit("fortnight", &[], "14", "d", "time", "NIST"),
    unit("month", &["mo"], "1/12", "year", "time", "IAU"),
    unit("year", &["yr"], "365.25", "d", "time", "IAU").aliases(&["julian_year", "julian_years"]),
    unit("decade", &[], "10", "year", "time", "IAU"),
    unit("century", &[], "100", "year", "time", "IAU").plural("centuries"),
    unit("millennium", &[], "1000", "year", "time", "IAU").plural("millennia"),
    // Angle.
    unit("turn", &["tr"], "pi 2", "rad", "angle", "NIST").aliases(&[
        "revolution",
        "revolutions",
        "rev",
        "revs",
    ]),
    unit(
        "gradian",
        &["grad", "gon"],
        "pi 1/200",
        "rad",
        "angle",
        "NIST",
    )
    .aliases(&["grads", "gons"]),
    // Length.
    unit("angstrom", &["Å", "Å"], "1e-10", "m", "length", "NIST")
        .aliases(&["ångström", "ångströms"]),
    unit("fermi", &[], "1e-15", "m", "length", "NIST"),
    unit("micron", &[], "1e-6", "m", "length", "NIST"),
    unit("inch", &["in"], "25.4", "mm", "length", "IYP").plural("inches"),
    unit("foot", &["ft"], "12", "in", "length", "IYP").plural("feet"),
    unit("yard", &["yd"], "3", "ft", "length", "IYP").aliases(&["yds"]),
    unit("mile", &["mi"], "1760", "yd", "length", "IYP"),
    unit("mil", &["thou"], "1/1000", "in", "length", "IYP"),
    unit("hand", &[], "4", "in", "length", "NIST"),
    unit("fathom", &["ftm"], "6", "ft", "length", "US"),
    unit("rod", &[], "16.5", "ft", "length", "US"),
    unit("chain", &[], "66", "ft", "length", "US"),
    unit("furlong", &[], "660", "ft", "length", "US"),
    unit("league", &[], "3", "mi", "length", "US"),
    unit("survey_foot", &[], "1200/3937", "m", "length", "US").plural("survey_feet"),
    unit("nautical_mile", &["nmi"], "1852", "m", "length", "SI"),
    unit(
        "light_year",
        &["ly"],
        "9460730472580800",
        "m",
        "length",
        "IAU",
    )
    .aliases(&["lightyear", "lightyears"]),
    unit("light_second", &[], "299792458", "m", "length", "SI")
        .aliases(&["lightsecond", "lightseconds"]),
    unit("light_minute", &[], "60", "light_second", "length", "SI"),
    unit("parsec", &["pc"], "pi^-1 648000", "au", "length", "IAU").prefixes(Decimal),
    unit("solar_radius", &[], "695700000", "m", "length", "IAU").plural("solar_radii"),
    unit("earth_radius", &[], "6378100", "m", "length", "IAU").plural("earth_radii"),
    // Typography.
    unit("point", &[], "1/72", "in", "length", "PostScript"),
    unit("pica", &[], "12", "point", "length", "PostScript"),
    // Area.
    unit("are", &[], "100", "m^2", "area", "NIST"),
    unit("acre", &["ac"], "4840", "yd^2", "area", "IYP"),
    unit("barn", &[], "1e-28", "m^2", "area", "NIST").prefixes(Decimal),
    unit("square_metre", &["sqm"], "1", "m^2", "area", "SI")
        .aliases(&["square_meter", "square_meters"]),
    unit("square_kilometre", &["sqkm"], "1", "km^2", "area", "SI")
        .aliases(&["square_kilometer", "square_kilometers"]),
    unit("square_inch", &["sqin"], "1", "in^2", "area", "IYP").plural("square_inches"),
    unit("square_foot", &["sqft"], "1", "ft^2", "area", "IYP").plural("square_feet"),
    unit("square_yard", &["sqyd"], "1", "yd^2", "area", "IYP"),
    unit("square_mile", &["sqmi"], "1", "mi^2", "area", "IYP"),
    // Volume.
    unit(
        "cubic_centimetre",
        &["cc", "ccm"],
        "1",
        "cm^3",
        "volume",
        "SI",
    )
    .aliases(&["cubic_centimeter", "cubic_centimeters"]),
    unit("cubic_metre", &["cbm"], "1", "m^3", "volume", "SI")
        .aliases(&["cubic_meter", "cubic_meters"]),
    unit("cubic_inch", &["cuin"], "1", "in^3", "volume", "IYP").plural("cubic_inches"),
    unit("cubic_foot", &["cuft"], "1", "ft^3", "volume", "IYP").plural("cubic_feet"),
    unit("cubic_yard", &["cuyd"], "1", "yd^3", "volume", "IYP"),
    unit("gallon", &["gal"], "231", "in^3", "volume", "US"),
    unit("quart", &["qt"], "1/4", "gal", "volume", "US"),
    unit("pint", &["pt"], "1/8", "gal", "volume", "US"),
    unit("cup", &[], "1/16", "gal", "volume", "US"),
    unit("gill", &[], "1/32", "gal", "volume", "US"),
    unit(
        "fluid_ounce",
        &["floz", "fl_oz"],
        "1/128",
        "gal",
        "volume",
        "US",
    ),
    unit(
        "tablespoon",
        &["tbsp", "Tbsp"],
        "1/256",
        "gal",
        "volume",
        "US",
    )
    .aliases(&["tbsps"]),
    unit("teaspoon", &["tsp"], "1/768", "gal", "volume", "US").aliases(&["tsps"]),
    unit("fluid_dram", &[], "1/1024", "gal", "volume", "US"),
    unit("barrel", &["bbl"], "42", "gal", "volume", "US"),
    unit("bushel", &["bu"], "2150.42", "in^3", "volume", "US"),
    unit("peck", &[], "1/4", "bushel", "volume", "US"),
    unit("stere", &[], "1", "m^3", "volume", "NIST"),
    unit("imperial_gallon", &[], "4.54609", "L", "volume", "NIST"),
    unit(
        "imperial_quart",
        &[],
        "1/4",
        "imperial_gallon",
        "volume",
        "NIST",
    ),
    unit(
        "imperial_pint",
        &[],
        "1/8",
        "imperial_gallon",
        "volume",
        "NIST",
    ),
    unit(
        "imperial_fluid_ounce",
        &[],
        "1/160",
        "imperial_gallon",
        "volume",
        "NIST",
    ),
    // Mass.
    unit("pound", &["lb", "lbs"], "0.45359237", "kg", "mass", "IYP"),
    unit("ounce", &["oz"], "1/16", "lb", "mass", "IYP"),
    unit("dram", &[], "1/16", "oz", "mass", "US"),
    unit("grain", &["gr"], "1/7000", "lb", "mass", "IYP"),
    unit("stone", &["st"], "14", "lb", "mass", "NIST")
        .plural("stone")
        .aliases(&["stones"]),
    unit("hundredweight", &["cwt"], "100", "lb", "mass", "US"),
    unit("long_hundredweight", &[], "112", "lb", "mass", "NIST"),
    unit("ton", &[], "2000", "lb", "mass", "US").aliases(&["short_ton", "short_tons"]),
    unit("long_ton", &[], "2240", "lb", "mass", "NIST").aliases(&["imperial_ton", "imperial_tons"]),
    unit("slug", &[], "1", "lbf s^2/ft", "mass", "NIST"),
    unit("carat", &["ct"], "0.2", "g", "mass", "NIST"),
    unit("troy_ounce", &["ozt"], "480", "grain", "mass", "US"),
    unit("pennyweight", &["dwt"], "24", "grain", "mass", "US"),
    unit("quintal", &[], "100", "kg", "mass", "NIST"),
    // Speed and frequency.
    unit("knot", &["kn"], "1", "nmi/h", "speed", "SI").aliases(&["knots"]),
    unit("mile_per_hour", &["mph"], "1", "mi/h", "speed", "IYP").plural("miles_per_hour"),
    unit(
        "kilometre_per_hour",
        &["kph", "kmh"],
        "1",
        "km/h",
        "speed",
        "SI",
    )
    .plural("kilometres_per_hour")
    .aliases(&["kilometer_per_hour", "kilometers_per_hour"]),
    unit("foot_per_second", &["fps"], "1", "ft/s", "speed", "IYP").plural("feet_per_second"),
    unit(
        "revolution_per_minute",
        &["rpm"],
        "1",
        "turn/min",
        "angular speed",
        "NIST",
    )
    .plural("revolutions_per_minute"),
    // Acceleration and force.
    unit(
        "standard_gravity",
        &["g_0", "g0", "gee"],
        "9.80665",
        "m/s^2",
        "acceleration",
        "SI",
    )
    .plural("standard_gravities"),
    unit("galileo", &["Gal"], "0.01", "m/s^2", "acceleration", "NIST"),
    unit("dyne", &["dyn"], "1e-5", "N", "force", "NIST"),
    unit("kilogram_force", &["kgf"], "9.80665", "N", "force", "NIST")
        .plural("kilograms_force")
        .aliases(&["kilopond", "kiloponds", "kp"]),
    unit("pound_force", &["lbf"], "1", "lb g_0", "force", "NIST").plural("pounds_force"),
    unit("ounce_force", &["ozf"], "1/16", "lbf", "force", "NIST").plural("ounces_force"),
    unit("kip", &[], "1000", "lbf", "force", "NIST"),
    unit("poundal", &["pdl"], "1", "lb ft/s^2", "force", "NIST"),
    // Pressure.
    unit("bar", &["bar"], "100000", "Pa", "pressure", "NIST")
        .prefixes(Decimal)
        .aliases(&["bars"]),
    unit("atmosphere", &["atm"], "101325", "Pa", "pressure", "NIST"),
    unit(
        "technical_atmosphere",
        &[],
        "1",
        "kgf/cm^2",
        "pressure",
        "NIST",
    ),
    unit("torr", &["Torr"], "1/760", "atm", "pressure", "NIST").plural("torr"),
    unit(
        "millimetre_of_mercury",
        &["mmHg"],
        "133.322387415",
        "Pa",
        "pressure",
        "BS 350",
    )
    .plural("millimetres_of_mercury"),
    unit(
        "inch_of_mercury",
        &["inHg"],
        "25.4",
        "mmHg",
        "pressure",
        "BS 350",
    )
    .plural("inches_of_mercury"),
    unit(
        "pound_per_square_inch",
        &["psi"],
        "1",
        "lbf/in^2",
        "pressure",
        "NIST",
    )
    .plural("pounds_per_square_inch"),
    unit(
        "kilopound_per_square_inch",
        &["ksi"],
        "1000",
        "psi",
        "pressure",
        "NIST",
    )
    .plural("kilopounds_per_square_inch"),
    // Energy and power.
    unit("erg", &[], "1e-7", "J", "energy", "NIST"),
    unit("calorie", &["cal"], "4.184", "J", "energy", "NIST").prefixes(Decimal),
    unit("watt_hour", &["Wh"], "3600", "J", "energy", "NIST").prefixes(Decimal),
    unit("ampere_hour", &["Ah"], "3600", "C", "charge", "NIST").prefixes(Decimal),
    unit(
        "british_thermal_unit",
        &["BTU", "Btu"],
        "1055.05585262",
        "J",
        "energy",
        "NIST",
    )
    .aliases(&["btu", "BTUs", "btus"]),
    unit("therm", &[], "100000", "BTU", "energy", "NIST"),
    unit("quad", &[], "1e15", "BTU", "energy", "NIST"),
    unit(
        "foot_pound",
        &["ftlb", "ftlbf"],
        "1",
        "ft lbf",
        "energy",
        "NIST",
    ),
    unit("ton_of_tnt", &[], "4.184e9", "J", "energy", "NIST").plural("tons_of_tnt"),
    unit("horsepower", &["hp"], "550", "ft lbf/s", "power", "NIST").plural("horsepower"),
    unit(
        "metric_horsepower",
        &["PS"],
        "75",
        "kgf m/s",
        "power",
        "NIST",
    )
    .plural("metric_horsepower"),
    unit(
        "ton_of_refrigeration",
        &["TR"],
        "12000",
        "BTU/h",
        "power",
        "NIST",
    )
    .plural("tons_of_refrigeration"),
    unit("volt_ampere", &["VA"], "1", "V A", "power", "SI").prefixes(Decimal),
    // Fuel.
    unit(
        "mile_per_gallon",
        &["mpg"],
        "1",
        "mi/gal",
        "fuel economy",
        "US",
    )
    .plural("miles_per_gallon"),
    // Viscosity, magnetism, radiation.
    unit("poise", &[], "0.1", "Pa s", "viscosity", "NIST")
        .plural("poise")
        .prefixes(Decimal),
    unit(
        "stokes",
        &["St"],
        "1e-4",
        "m^2/s",
        "kinematic viscosity",
        "NIST",
    )
    .plural("stokes")
    .prefixes(Decimal),
    unit("gauss", &[], "1e-4", "T", "magnetic flux density", "NIST").plural("gauss"),
    unit("maxwell", &["Mx"], "1e-8", "Wb", "magnetic flux", "NIST"),
    unit(
        "oersted",
        &["Oe"],
        "pi^-1 250",
        "A/m",
        "magnetic field",
        "NIST",
    ),
    unit("curie", &["Ci"], "3.7e10", "Bq", "radioactivity", "NIST").prefixes(Decimal),
    unit("roentgen", &[], "2.58e-4", "C/kg", "exposure", "NIST"),
    unit("rutherford", &[], "1e6", "Bq", "radioactivity", "NIST"),
    unit(
        "foot_candle",
        &["fc"],
        "1",
        "lm/ft^2",
        "illuminance",
        "NIST",
    ),
    unit("nit", &[], "1", "cd/m^2", "luminance", "NIST"),
    unit("stilb", &["sb"], "10000", "cd/m^2", "luminance", "NIST"),
    // Temperature differences. Points of these scales are literals.
    unit(
        "delta_celsius",
        &["Δ°C", "delta_degC"],
        "1",
        "K",
        "temperature",
        "SI",
    )
    .plural("delta_celsius"),
    unit(
        "delta_fahrenheit",
        &["Δ°F", "delta_degF"],
        "5/9",
        "K",
        "temperature",
        "NIST",
    )
    .plural("delta_fahrenheit"),
    unit("rankine", &[], "5/9", "K", "temperature", "NIST").plural("rankine"),
    unit(
        "celsius",
        &["°C", "℃", "degC"],
        "1",
        "K",
        "temperature",
        "SI",
    )
    .plural("celsius")
    .aliases(&["centigrade"]),
    unit(
        "fahrenheit",
        &["°F", "℉", "degF"],
        "5/9",
        "K",
        "temperature",
        "NIST",
    )
    .plural("fahrenheit"),
    // Information.
    unit("byte", &["B"], "8", "bit", "information", "IEC").prefixes(DecimalAndBinary),
    unit("nibble", &[], "4", "bit", "information", "IEC"),
    unit("octet", &[], "8", "bit", "information", "IEC"),
    unit("kilobit", &["kb"], "1000", "bit", "information", "IEC"),
    unit("megabit", &["Mb"], "1000000", "bit", "information", "IEC"),
    unit(
        "gigabit",
        &["Gb"],
        "1000000000",
        "bit",
        "information",
        "IEC",
    ),
    unit("bit_per_second", &["bps"], "1", "bit/s", "bit rate", "IEC")
        .plural("bits_per_second")
        .prefixes(Decimal),
    // Parts.
    unit("per_mille", &["‰"], "1/1000", "", "ratio", "NIST").plural("per_mille"),
    unit("part_per_million", &["ppm"], "1e-6", "", "ratio", "NIST").plural("parts_per_million"),
    unit("part_per_billion", &["ppb"], "1e-9", "", "ratio", "NIST").plural("parts_per_billion"),
    unit("basis_point", &["bp"], "1/10000", "", "ratio", "NIST"),
    // Astronomy.
    unit(
        "jansky",
        &["Jy"],
        "1e-26",
        "W/(m^2 Hz)",
        "spectral flux density",
        "IAU",
    )
    .prefixes(Decimal),
];
